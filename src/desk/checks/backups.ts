import { readShelf, type Shelf } from '../../backups/catalogue.ts';
import { type OperatorBackups, readOperatorBackups, withoutGone } from '../../backups/operator-backups.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { destinationChecks } from './backup-destinations.ts';
import { lookInTime, wrongLine } from './backup-look.ts';
import { freshnessChecks, sourceChecks } from './backup-sets.ts';
import { strangerChecks } from './backup-strangers.ts';
import type { Check } from './check.ts';

/** Programs of a few sets at once: each may wait for a server that is down. */
const setsAtOnce = 4;

/**
 * What an environment backs up, and where to: whether a backup could be made now, and how old and how well proven the
 * newest ones are. In read-only mode nothing runs on a source.
 */
export async function* backupChecks(
  environment: Environment,
  { signal, readOnly }: { signal: AbortSignal; readOnly: boolean },
): AsyncIterable<Check> {
  const { systems } = await environment.reach(signal);
  if (!systems.configured.has('backups')) return;
  const area = environment.view.name;
  const system = await systems.backups();
  const sets = [...system.sets.values()];
  const shelves = new Map<string, Shelf[]>();
  const unread = new Set<string>();
  for (const destination of system.destinations.values()) {
    const going = sets.filter(({ to }) => to.includes(destination.name)).map(({ name }) => name);
    try {
      // One that no set goes to is asked for one all the same: whether it answers.
      for (const set of going.length === 0 ? [destination.name] : going) {
        const shelf = await lookInTime(signal, async within => {
          const { systems: these } = await environment.reach(within);
          return readShelf(await (await these.backups()).reader(destination.name), set);
        });
        shelves.set(set, [...(shelves.get(set) ?? []), shelf]);
      }
    } catch (error) {
      unread.add(destination.name);
      yield wrongLine(error, {
        area,
        what: `destination ${destination.name}`,
        todo: 'Look at that destination under backups.destinations in vigie.yaml.',
        signal,
      });
      continue;
    }
    yield* destinationChecks(environment, { destination, going, shelves, signal, readOnly });
  }
  const sources = await inParallel(sets, {
    atOnce: setsAtOnce,
    task: set => sourceChecks(environment, { set, signal, readOnly }),
  });
  for (const [index, set] of sets.entries()) {
    yield* sources[index] ?? [];
    // Whose operator cannot be asked, the look at its source has told.
    const made = await operatorOf(environment, { set, signal });
    if (made !== undefined)
      shelves.set(
        set.name,
        (shelves.get(set.name) ?? []).map(shelf => withoutGone(shelf, made)),
      );
    yield* freshnessChecks(set, {
      area,
      shelves: shelves.get(set.name) ?? [],
      unread: set.to.filter(name => unread.has(name)),
      now: new Date(),
    });
    yield* strangerChecks(set.name, { area, shelves: shelves.get(set.name) ?? [] });
  }
}

/** What the operator of a set has; undefined: it has none, or cannot be asked. */
async function operatorOf(
  environment: Environment,
  { set, signal }: { set: BackupSet; signal: AbortSignal },
): Promise<OperatorBackups | undefined> {
  if (set.run.in !== 'operator') return undefined;
  try {
    return await lookInTime(signal, async within =>
      readOperatorBackups((await environment.reach(within)).reader, set),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VigieError) return undefined;
    throw error;
  }
}
