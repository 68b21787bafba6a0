import { compareContents } from '../../backups/compare-contents.ts';
import type { Engine, Place } from '../../backups/engine.ts';
import { folderPlace, standingFolder } from '../../backups/folder-place.ts';
import { restoreMark } from '../../backups/restore-mark.ts';
import type { WatchedCopy } from '../../backups/watched-copy.ts';
import { type BackupSet, describeRunPlace } from '../../core/backup-set.ts';
import type { BackupRestore } from '../../core/change.ts';
import type { DrillCheck } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { roughSize } from '../../core/size-text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { ChangingBackups } from '../../toolkit/backup-system.ts';
import type { ChangingReach } from '../vigie.ts';
import { backupSetOf, engineOf, objectsOf } from './backup-set-of.ts';
import type { Applied, ChangeKind, Prospect, Writing } from './kind.ts';
import { openSetCopy, restorableCopyOf, strangeWarnings } from './open-set-copy.ts';

/**
 * Restores one copy into a place that stays, and takes one away again while nobody has written to it. What is restored gets
 * its name only when it holds what the manifest says: until then nothing else is touched.
 */
export const backupRestore: ChangeKind<BackupRestore> = {
  name: 'backup-restore',
  idempotent: false,
  deed: 'restore',
  prints: true,
  stands: {
    halfway: trusted`what got no name yet is taken away again (after a crash it may lie there as vigie_new_…), and what has one stays; no database is closed for it`,
    next: ({ target: { name } }, { environment }) =>
      trusted`look at the place that the restore names before you ask again: vigie backups list ${name} -e ${environment} shows the copies`,
  },

  riskOf: ({ does, into, aside }) => ({
    level: 'high',
    reasons: [
      does === 'drop'
        ? `takes ${into} away again`
        : `restores into ${into}${aside === undefined ? ', which must not exist yet' : ', in place of what is there'}`,
    ],
  }),

  async preview(change, reach): Promise<Prospect> {
    const common = { change, target: change.target, volatile: [], alongside: [] };
    if (change.does === 'drop') {
      const place = await openDrop(change, { reach });
      const standing = await place.look();
      await refuseTouched(change, place);
      return {
        ...common,
        operation: standing === undefined ? 'none' : 'delete',
        before: { place: place.shown },
        warnings: change.aside === undefined ? [] : [`What is kept as ${change.aside} gets its name back.`],
        undo: { possible: false, why: trusted`what is taken away can be restored from its copy again` },
        serverChecked: 'a restore has no dry run',
      };
    }
    const { place, set, system, step } = await openRestore(change, { reach });
    const standing = await place.look();
    if (standing !== undefined && change.aside === undefined) throw taken(change);
    const found = await restorableCopyOf(placeOf(change), system);
    const { drill } = found;
    const engine = engineOf(set);
    const { programs } = engine;
    const cautions = (await engine.cautions?.(step)) ?? [];
    return {
      ...common,
      operation: 'create',
      after: {
        copy: change.copy,
        from: change.destination,
        reads: roughSize(found.bytes),
        into: place.shown,
        ...(change.pointInTime === undefined ? {} : { pointInTime: change.pointInTime }),
        ...(change.over === undefined ? {} : { over: [...change.over] }),
        ...(change.only === undefined ? {} : { path: change.only }),
        runs: [...(engine.place === undefined ? programs.restore : (programs.place ?? programs.restore))],
        where: describeRunPlace(set.run),
        ...(change.aside === undefined || standing === undefined ? {} : { keepsWhatIsThereAs: change.aside }),
      },
      warnings: [
        ...strangeWarnings(found),
        ...((await place.unfinished?.()) ?? []),
        ...(standing === undefined ? [] : losing(change, standing.told)),
        ...(drill?.passed === true ? [] : ['No drill has proven this copy.']),
        ...cautions,
        `What was written after ${change.pointInTime ?? found.manifest.contents.at} is not in it.`,
      ],
      undo: { possible: true },
      serverChecked: 'a restore has no dry run',
    };
  },

  async apply(change, reach, writing): Promise<Applied> {
    if (change.does === 'drop') {
      const place = await openDrop(change, { reach, writing });
      await refuseTouched(change, place);
      await writing.beforeWrite();
      await place.drop(change.aside === undefined ? {} : { aside: change.aside });
      return {
        outcome: { state: 'verified', evidence: [`${place.shown} was as it was restored, and is gone.`] },
      };
    }
    return restore(change, await openRestore(change, { reach, writing }), writing);
  },

  find: async () => undefined,

  // Its place can only be looked at by programs that run there, which nobody starts to look.
  observe: async () => undefined,

  async verify({ into }) {
    return { state: 'unverified', evidence: [`Nothing was seen of how the restore into ${into} ended.`] };
  },

  invert: change =>
    change.does === 'drop'
      ? { irreversible: trusted`what is taken away can be restored from its copy again` }
      : [{ ...change, does: 'drop' }],
};

interface Restoring {
  system: ChangingBackups;
  set: BackupSet;
  copy: WatchedCopy;
  place: Place<unknown>;
  step: Parameters<typeof folderPlace>[1];
}

async function openRestore(
  change: BackupRestore,
  { reach, writing }: { reach: ChangingReach; writing?: Writing },
): Promise<Restoring> {
  const system = await reach.backups();
  const set = backupSetOf(change.target, system);
  const engine = engineOf(set);
  const opened = await openSetCopy(placeOf(change), system);
  // What it was put upon may be gone when it is taken away.
  const copy = change.does === 'restore' ? await putUpon(opened, change.over) : opened;
  const step = {
    runner: await system.runner(set),
    ...(await objectsOf(set, { system, writing })),
    signal: writing?.signal ?? new AbortController().signal,
    deadlineMs: set.timeoutSeconds * 1000,
    progress: (message: string) => writing?.progress?.(message),
    settings: set.settings,
    secrets: await system.secretsOf(set),
    manifest: copy.manifest,
    into: change.into,
    drawn: change.drawn,
    ...(change.pointInTime === undefined ? {} : { pointInTime: new Date(change.pointInTime) }),
  };
  if (change.aside !== undefined && (engine.place === undefined || engine.onlyNew === true))
    throw new VigieError('INVALID_INPUT', `${engine.name} is restored into a new place, and over nothing.`, {
      hint: 'Name one that does not exist yet, and leave overwrite out.',
    });
  if (change.only !== undefined && engine.pathAlone !== true)
    throw new VigieError('INVALID_INPUT', `Of a copy by ${engine.name} no path can be restored alone.`, {
      hint: 'Leave path out: the whole copy is restored.',
    });
  const place = engine.place?.(step) ?? folderPlace(engine, step);
  return { system, set, copy, place, step };
}

type StandingPlace = ReturnType<typeof standingFolder>;

/** The place that is taken away. A folder says itself whose it is; what a database is compared with, only its copy knows. */
async function openDrop(
  change: BackupRestore,
  at: { reach: ChangingReach; writing?: Writing },
): Promise<StandingPlace> {
  if (!change.into.startsWith('/')) return (await openRestore(change, at)).place;
  const system = await at.reach.backups();
  const set = backupSetOf(change.target, system);
  return standingFolder(engineOf(set), {
    runner: await system.runner(set),
    signal: at.writing?.signal ?? new AbortController().signal,
    deadlineMs: set.timeoutSeconds * 1000,
    into: change.into,
  });
}

/** The same copy over others than those that it needs. @throws VigieError NOT_FOUND, COPY_DAMAGED where one is no good */
async function putUpon(copy: WatchedCopy, over: BackupRestore['over']): Promise<WatchedCopy> {
  if (over === undefined) return copy;
  for (const other of over) await copy.older(other);
  return { ...copy, manifest: { ...copy.manifest, needs: over } };
}

async function restore(change: BackupRestore, at: Restoring, writing: Writing): Promise<Applied> {
  const { place, copy, step, set } = at;
  const engine = engineOf(set);
  const began = Date.now();
  // Somebody may have taken the name since it was shown.
  const standing = await place.look();
  if (standing !== undefined && change.aside === undefined) throw taken(change);
  const leave = async (): Promise<void> => {
    const stays = await place.leave();
    if (stays !== undefined) writing.noted(stays);
  };
  await writing.beforeWrite();
  try {
    const made = await place.make();
    const { target } = made;
    let checks: DrillCheck[];
    try {
      const moment = change.pointInTime;
      await engine.restore({
        ...step,
        copy,
        target,
        ...(moment === undefined ? {} : { pointInTime: new Date(moment) }),
        ...(change.only === undefined ? {} : { only: change.only }),
      });
      checks = await checksOf(change, { engine, copy, step, target });
    } finally {
      await made.end();
    }
    const bad = checks.filter(({ passed }) => !passed);
    if (bad.length > 0) {
      await leave();
      const evidence = bad.map(
        ({ what, expected = '', found = '' }) => `${what}: expected ${expected}; ${found}`,
      );
      return { outcome: { state: 'failed', evidence: [...evidence, `${place.shown} was not made.`] } };
    }
    await writing.beforeWrite();
    const aside = standing === undefined ? undefined : change.aside;
    await place.settle({ mark: markOf(change), ...(aside === undefined ? {} : { aside }) });
    const kept =
      aside === undefined ? [] : [`What stood there is kept as ${aside}; drop it when nobody needs it.`];
    return {
      uid: change.drawn,
      outcome: {
        // No manifest tells what there was at a moment between two copies.
        state: change.pointInTime === undefined ? 'verified' : 'unverified',
        evidence: [
          `Copy ${change.copy} of ${set.name} was restored into ${place.shown} in ${Math.ceil((Date.now() - began) / 1000)} s.`,
          ...(change.pointInTime === undefined
            ? []
            : [`It reached ${change.pointInTime} and answers; what it holds was compared with nothing.`]),
          ...checks.map(({ what, found = '' }) => `good: ${what} (${found})`),
          ...kept,
        ],
      },
    };
  } catch (error) {
    await leave();
    throw copy.troubles[0] ?? error;
  }
}

async function checksOf(
  change: BackupRestore,
  { engine, copy, step, target }: Pick<Restoring, 'copy' | 'step'> & { engine: Engine; target: unknown },
): Promise<DrillCheck[]> {
  // The engine has compared it: the manifest does not know it apart.
  if (change.only !== undefined)
    return [{ what: `${change.only} alone`, passed: true, found: 'as it was stored' }];
  const found = await engine.inspect({ ...step, target, expected: copy.manifest.contents });
  return change.pointInTime === undefined ? compareContents(copy.manifest.contents, found) : [];
}

/** @throws VigieError CONFLICT when the place is another's, or was written to since */
async function refuseTouched(change: BackupRestore, place: StandingPlace): Promise<void> {
  const standing = await place.look();
  if (standing === undefined) return;
  if (standing.mark !== markOf(change))
    throw new VigieError('CONFLICT', `${place.shown} was not made by this restore.`);
  const why = await place.touched();
  if (why !== undefined)
    throw new VigieError('CONFLICT', `${place.shown} was written to since it was restored: ${why}.`, {
      hint: 'Take it away by hand when nobody needs what was written.',
    });
}

function losing(change: BackupRestore, told: readonly string[]): string[] {
  return [
    `What is there now goes out of sight, and is kept as ${change.aside ?? ''}; who is connected is cut off.`,
    ...told.map(line => `There now: ${line}`),
  ];
}

function taken({ into }: BackupRestore): VigieError {
  return new VigieError('CONFLICT', `${into} exists already, and nothing is restored over it unasked.`, {
    hint: 'Name another place, or say overwrite: true where the engine can keep what is there.',
  });
}

function markOf(change: BackupRestore): string {
  return restoreMark({ set: change.target.name, copy: change.copy, drawn: change.drawn });
}

function placeOf({ target, destination, copy, accepts }: BackupRestore): Parameters<typeof openSetCopy>[0] {
  return { set: target.name, destination, copy, accepts };
}
