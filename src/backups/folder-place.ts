import { normalize } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { isPlainPath, plainPathRule } from '../core/plain-path.ts';
import type { Engine, EngineJob, Place, PlaceJob, Standing } from './engine.ts';
import { outputOf } from './programs.ts';

/** Says whose a restored folder is; nothing below the folder may be younger while nobody has written there. */
const markFile = '.vigie-restore';

/** To take away what was restored in part. */
const leaveMs = 120_000;

/** A restore into a new folder where the programs run. Nothing is ever written into one that is there. */
export function folderPlace<Settings, Target>(
  engine: Engine<Settings, Target>,
  job: PlaceJob<Settings>,
): Place<Target> {
  const { into, runner } = job;
  const sh = shellIn(job);
  let made = false;
  return {
    ...standingFolder(engine, job),
    async make() {
      await sh('umask 077; mkdir -- "$1"');
      made = true;
      return engine.scratch({ ...job, folder: into });
    },
    async settle({ mark }) {
      await sh('printf "%s\\n" "$2" > "$1/$3"', mark, markFile);
    },
    async leave() {
      if (!made) return undefined;
      // A stop ends the restore, not its tidying up.
      const own = { runner, into, signal: new AbortController().signal, deadlineMs: leaveMs };
      return shellIn(own)('rm -rf -- "$1"').then(
        () => undefined,
        () => `folder ${into}, which was not finished, may lie there still`,
      );
    },
  };
}

/** What is asked of a folder that was restored, and done to take it away: no copy is needed for that. */
export function standingFolder(
  engine: { name: string },
  job: FolderJob,
): Pick<Place<unknown>, 'shown' | 'look' | 'touched' | 'drop'> {
  const { into, runner } = job;
  // Programs of databases hand the folder on to a shell.
  if (!isPlainPath(into) || normalize(into) !== into)
    throw new VigieError('INVALID_INPUT', `${engine.name} is restored into a new folder: an absolute path.`, {
      details: {
        issues: [{ field: 'into', message: `${plainPathRule}, of a folder that is not there` }],
      },
    });
  const sh = shellIn(job);
  return {
    shown: `folder ${into} on ${runner.where}`,
    async look(): Promise<Standing | undefined> {
      const said = await sh(lookScript, markFile);
      if (!said.startsWith('there')) return undefined;
      const mark = /^mark (.*)$/m.exec(said)?.[1];
      return { told: [`folder ${into} exists`], ...(mark === undefined ? {} : { mark }) };
    },
    async touched() {
      const younger = (await sh('find "$1" -newer "$1/$2" | head -n 1', markFile)).trim();
      return younger === '' ? undefined : `${younger} was written since`;
    },
    async drop() {
      await sh('rm -rf -- "$1"');
    },
  };
}

type FolderJob = Pick<EngineJob, 'runner' | 'signal' | 'deadlineMs'> & { into: string };

/** Runs a script whose first argument is the folder. */
function shellIn(job: FolderJob): (script: string, ...words: string[]) => Promise<string> {
  return (script, ...words) => outputOf(job, { argv: ['sh', '-c', script, 'sh', job.into, ...words] });
}

const lookScript = `
if [ -e "$1" ] || [ -L "$1" ]; then
  echo there
  [ -f "$1/$2" ] && printf 'mark ' && head -n 1 "$1/$2"
fi
:`;
