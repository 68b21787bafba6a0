import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { type ClickHouseSettings, reachClickHouse } from '../engines/clickhouse-client.ts';
import { folderOf } from '../engines/clickhouse-disk.ts';
import { lookAt, refuseFull } from '../engines/clickhouse-source.ts';
import { outputOf } from '../programs.ts';
import { missingPrograms } from './missing-programs.ts';
import type { Lack, Probe, ProbeJob } from './probe.ts';

const nameChars = 80;

/** One database of ClickHouse, and the disk that the server writes backups to. */
export const probeClickHouse: Probe<ClickHouseSettings> = {
  async probe(job) {
    const missing = await missingPrograms(job, { programs: ['tar'], stops: 'backup' });
    if (missing.length > 0) return { answered: '', lacks: missing };
    const { disk = 'backups' } = job.settings;
    const about = await lookAt(await reachClickHouse(job), disk);
    const folder = folderOf(job.settings, about);
    return {
      answered: `ClickHouse ${cleanLine(textOf(about, 'version'), nameChars)} takes us for ${cleanLine(textOf(about, 'user'), nameChars)}`,
      lacks: [
        ...roomOn(disk, about),
        ...(await closedFolder(job, folder)),
        ...(await missingPrograms(job, { programs: ['clickhouse'], stops: 'drill' })),
      ],
    };
  },
};

function roomOn(disk: string, about: Parameters<typeof refuseFull>[0]): Lack[] {
  try {
    refuseFull(about, disk);
    return [];
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    return [{ stops: 'backup', what: error.message, todo: error.hint ?? '' }];
  }
}

/** The server writes there; the commands of the set read it and take it away. */
async function closedFolder(job: ProbeJob<unknown>, folder: string): Promise<Lack[]> {
  const said = await outputOf(job, { argv: ['sh', '-c', openScript, 'sh', folder] });
  if (said.trim() === 'open') return [];
  return [
    {
      stops: 'backup',
      what: `on ${job.runner.where} the folder ${folder} of the disk for backups cannot be read and written`,
      todo: 'Let the commands of the set run where the server runs, as its user or root, or name where that disk is mounted as path of the set.',
    },
  ];
}

const openScript = '[ -d "$1" ] && [ -r "$1" ] && [ -w "$1" ] && [ -x "$1" ] && echo open; :';
