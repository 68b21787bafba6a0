import { goodCopies, type Shelf, strangeCopies } from '../../backups/catalogue.ts';
import { drillWarning } from '../../backups/estimate.ts';
import { probes } from '../../backups/probes/index.ts';
import { type BackupSet, describeRunPlace } from '../../core/backup-set.ts';
import { copyTime } from '../../core/copy.ts';
import { ageText } from '../../core/length-text.ts';
import { newestOf, objectsOf } from '../../pipeline/changes/backup-set-of.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { lookInTime, wrongLine } from './backup-look.ts';
import type { Check } from './check.ts';

/** What a probe has for each of its programs; the look as a whole ends first. */
const programMs = 15_000;

/** Whether a backup of the set could begin now: its programs, its source, and what its role may do there. */
export async function sourceChecks(
  environment: Environment,
  { set, signal, readOnly }: { set: BackupSet; signal: AbortSignal; readOnly: boolean },
): Promise<Check[]> {
  const area = environment.view.name;
  const what = `set ${set.name}`;
  if (readOnly)
    return [
      {
        area,
        state: 'note',
        what: `${what}: its source and its programs on ${describeRunPlace(set.run)} were not checked, Vigie is read-only`,
        todo: 'Nothing to do; without --read-only doctor asks them.',
      },
    ];
  const probe = probes.get(set.engine);
  if (probe === undefined)
    return [
      {
        area,
        state: 'note',
        what: `${what}: nothing here can look at a source of ${set.engine}`,
        todo: `See that it can be backed up: vigie backups run ${set.name} -e ${area}`,
      },
    ];
  try {
    const { answered, lacks } = await lookInTime(signal, async within => {
      const backups = await (await environment.change(within)).backups();
      const [runner, secrets] = [await backups.runner(set), await backups.secretsOf(set)];
      return probe.probe({
        set: set.name,
        runner,
        ...(await objectsOf(set, { system: backups })),
        secrets,
        settings: set.settings,
        signal: within,
        deadlineMs: programMs,
      });
    });
    return [
      ...(answered === ''
        ? []
        : [{ area, state: 'fine' as const, what: `${what} (${describeRunPlace(set.run)}): ${answered}` }]),
      ...lacks.map(({ stops, what: lack, todo }) => ({
        area,
        // Copies are made all the same, and nothing proves them.
        state: stops === 'backup' ? ('wrong' as const) : ('note' as const),
        what: `${what}: ${stops === 'drill' ? 'no drill there: ' : ''}${lack}`,
        todo,
      })),
    ];
  } catch (error) {
    const todo = `Look at the source of ${set.name} under backups.sets in vigie.yaml: host, port, user and password.`;
    return [wrongLine(error, { area, what, todo, signal })];
  }
}

/** How old the newest good copy is against what was promised, where it lies, and whether a restore proved one. */
export function* freshnessChecks(
  set: BackupSet,
  at: { area: string; shelves: readonly Shelf[]; unread: readonly string[]; now: Date },
): Iterable<Check> {
  const { area, shelves, unread, now } = at;
  const what = `set ${set.name}`;
  const run = `vigie backups run ${set.name} -e ${area}`;
  const drill = `vigie backups drill ${set.name} -e ${area}`;
  const newest = newestOf(shelves);
  const made = newest === undefined ? undefined : copyTime(newest.copy);
  const { objectiveSeconds } = set;
  // What could not be read may hold a younger one.
  const known = unread.length === 0 ? '' : `, as far as could be read (not ${unread.join(', ')})`;
  if (newest === undefined || made === undefined) {
    if (known !== '') {
      const todo = `Mend that destination, then: vigie backups list ${set.name} -e ${area}`;
      yield { area, state: 'note', what: `${what}: no good copy is known${known}`, todo };
    } else {
      const state = objectiveSeconds === undefined ? 'note' : 'wrong';
      const theirs = shelves.flatMap(strangeCopies).length;
      const todo =
        theirs === 0
          ? `Make one: ${run}`
          : `Look at the ${theirs} there that count for nothing, before another is made: vigie backups list ${set.name} -e ${area}`;
      yield { area, state, what: `${what}: there is no good copy`, todo };
    }
    return;
  }
  const ageMs = now.getTime() - made.getTime();
  const age = `${what}: the newest good copy is ${ageText(ageMs)} old`;
  if (objectiveSeconds === undefined) yield { area, state: 'fine', what: `${age}${known}` };
  else if (ageMs <= objectiveSeconds * 1000)
    yield { area, state: 'fine', what: `${age}, of at most ${ageText(objectiveSeconds * 1000)}` };
  else
    yield {
      area,
      state: known === '' ? 'wrong' : 'note',
      what: `${age}, and is to be at most ${ageText(objectiveSeconds * 1000)}${known}`,
      todo: `Make another: ${run}`,
    };
  const without = shelves.filter(shelf => !goodCopies(shelf).some(({ copy }) => copy === newest.copy));
  if (without.length > 0)
    yield {
      area,
      state: 'note',
      what: `${what}: copy ${newest.copy} is not at ${without.map(({ destination }) => destination).join(', ')}`,
      todo: `See what lies where: vigie backups list ${set.name} -e ${area}`,
    };
  const failed = shelves
    .flatMap(goodCopies)
    .find(({ copy, drill: report }) => copy === newest.copy && report?.passed === false);
  if (failed !== undefined)
    yield {
      area,
      state: 'wrong',
      what: `${what}: the drill of its newest copy, ${failed.copy} at ${failed.destination}, did not pass`,
      todo: `Make another and prove it: ${run}, then ${drill}`,
    };
  const warning = drillWarning(set, { copies: shelves.flatMap(goodCopies), now });
  if (warning !== undefined && failed === undefined)
    yield { area, state: 'note', what: `${what}: ${warning}`, todo: `Prove one: ${drill}` };
}
