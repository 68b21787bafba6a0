import { VigieError } from '../../core/errors.ts';
import type { FilesSettings } from '../engines/files.ts';
import { outputOf } from '../programs.ts';
import { missingPrograms } from './missing-programs.ts';
import type { Lack, Probe, ProbeJob } from './probe.ts';

/** Of paths that are not as they should be, in one line each. */
const mostTold = 10;

/** Files and folders. */
export const probeFiles: Probe<FilesSettings> = {
  async probe(job) {
    const { paths } = job.settings;
    const missing = await missingPrograms(job, { programs: ['restic', 'find', 'stat'], stops: 'backup' });
    return {
      answered: `${paths.length} ${paths.length === 1 ? 'path' : 'paths'} looked at on ${job.runner.where}`,
      lacks: [...missing, ...(await wrongPaths(job))],
    };
  },
};

async function wrongPaths(job: ProbeJob<FilesSettings>): Promise<Lack[]> {
  const { paths, marker } = job.settings;
  const said = await outputOf(job, {
    argv: ['sh', '-c', lookScript, 'sh', marker === false ? 'no' : 'marker', ...paths],
  });
  const wrong = said.split('\n').flatMap(line => {
    const [, number, what] = /^(\d+) (\w+)$/.exec(line) ?? [];
    const path = paths[Number(number) - 1];
    return path === undefined || what === undefined ? [] : [{ path, what }];
  });
  return wrong.slice(0, mostTold).map(({ path, what }) => lackOf(path, what));
}

function lackOf(path: string, what: string): Lack {
  switch (what) {
    case 'gone':
      return { stops: 'backup', what: `${path} is not there`, todo: 'Mend paths of the set in vigie.yaml.' };
    case 'link':
      return {
        stops: 'backup',
        what: `${path} is a link, of which nothing but the link would be copied`,
        todo: 'Name what it leads to under paths of the set.',
      };
    case 'unreadable':
      return {
        stops: 'backup',
        what: `${path} may not be read`,
        todo: 'Let the commands of the set run as a user who may read it.',
      };
    case 'unmarked':
      return {
        stops: 'backup',
        what: `no marker can be written into ${path}`,
        todo: 'Name a folder first under paths that may be written to, or say marker: false in the set.',
      };
    default:
      throw new VigieError('BACKUP', `Looking at ${path} said ${what}.`);
  }
}

// Numbers go back, not names: those of the source may hold anything.
const lookScript = `
marked=$1
shift
number=0
for path; do
  number=$((number + 1))
  if [ -L "$path" ]; then echo "$number link"
  elif [ ! -e "$path" ]; then echo "$number gone"
  elif [ ! -r "$path" ] || { [ -d "$path" ] && [ ! -x "$path" ]; }; then echo "$number unreadable"
  elif [ $number = 1 ] && [ "$marked" = marker ] && ! { [ -d "$path" ] && [ -w "$path" ]; }; then echo "$number unmarked"
  fi
done`;
