import { type GoodCopy, goodCopies, type Shelf } from '../../backups/catalogue.ts';
import type { Engine, EngineJob, Foreseen } from '../../backups/engine.ts';
import { engines } from '../../backups/engines/index.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import type { Manifest } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import type { Ref } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem, ChangingBackups } from '../../toolkit/backup-system.ts';
import type { Writing } from './kind.ts';

/** The set that a change is about. @throws VigieError NOT_FOUND when vigie.yaml names it no more */
export function backupSetOf(target: Ref, { sets }: BackupSystem): BackupSet {
  const found = sets.get(target.name);
  if (found !== undefined) return found;
  throw new VigieError('NOT_FOUND', `There is no set of backups named ${target.name}.`, {
    hint: trusted`Sets are ${[...sets.keys()]}; they stand under backups.sets in vigie.yaml.`,
  });
}

/** @throws VigieError NOT_FOUND */
export function engineOf(set: BackupSet): Engine {
  const engine = engines.get(set.engine);
  if (engine === undefined)
    throw new VigieError('NOT_FOUND', `There is no engine ${set.engine} for the set ${set.name}.`);
  return engine;
}

/** The newest good copy anywhere; undefined: there is none. */
export function newestOf(shelves: readonly Shelf[]): GoodCopy | undefined {
  return shelves.flatMap(goodCopies).toSorted((a, b) => (a.copy < b.copy ? 1 : -1))[0];
}

/** The objects that the set's engine acts on, where it acts on any; without `writing` they are only looked at. */
export async function objectsOf(
  set: BackupSet,
  { system, writing }: { system: ChangingBackups; writing?: Writing | undefined },
): Promise<Pick<EngineJob, 'objects'>> {
  const { objects: kinds } = engineOf(set);
  if (kinds === undefined) return {};
  const more = {
    ...(writing === undefined ? {} : { beforeWrite: () => writing.beforeWrite() }),
    ...(writing?.signal === undefined ? {} : { signal: writing.signal }),
  };
  return { objects: await system.objects(set, { kinds, ...more }) };
}

/** What the set's engine knows ahead, of a backup or of the drill of a copy. */
export async function foreseen(
  set: BackupSet,
  { system, manifest }: { system: ChangingBackups; manifest?: Manifest },
): Promise<Foreseen> {
  const engine = engineOf(set);
  const job = { settings: set.settings, signal: new AbortController().signal };
  return (
    (await engine.foresee?.({
      ...job,
      ...(await objectsOf(set, { system })),
      ...(manifest === undefined ? {} : { manifest }),
    })) ?? { facts: {}, warnings: [] }
  );
}
