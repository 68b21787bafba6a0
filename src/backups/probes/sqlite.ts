import { VigieError } from '../../core/errors.ts';
import { localRunner } from '../../processes/local-runner.ts';
import type { SqliteSettings } from '../engines/sqlite.ts';
import { outputOf } from '../programs.ts';
import { missingPrograms } from './missing-programs.ts';
import type { Probe } from './probe.ts';

/** Every database begins so; one that nobody has written to yet is empty. */
const begins = 'SQLite format 3\0';

/** A file of SQLite. */
export const probeSqlite: Probe<SqliteSettings> = {
  async probe(job) {
    const { path } = job.settings;
    const said = await outputOf(job, { argv: ['head', '-c', String(begins.length), path] });
    if (said !== '' && said !== begins)
      throw new VigieError('BACKUP', `${path} on ${job.runner.where} is no database of SQLite.`, {
        hint: 'Mend path of the set in vigie.yaml.',
      });
    return {
      answered: `${path} is a database of SQLite`,
      // Here it is the Node that runs Vigie.
      lacks:
        job.runner === localRunner ? [] : await missingPrograms(job, { programs: ['node'], stops: 'backup' }),
    };
  },
};
