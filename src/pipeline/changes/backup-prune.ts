import { goodCopies, type KnownCopy, type Shelf } from '../../backups/catalogue.ts';
import { removable } from '../../backups/removable.ts';
import { readShelves } from '../../backups/shelves.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import type { BackupPrune } from '../../core/change.ts';
import type { Manifest } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { roughSize } from '../../core/size-text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { ChangingBackups } from '../../toolkit/backup-system.ts';
import { backupSetOf, engineOf, objectsOf } from './backup-set-of.ts';
import type { Applied, ChangeKind, Looking, Prospect, Writing } from './kind.ts';

/**
 * Takes copies away, each by its name. What may not go is refused when it is shown and again right before it goes: what the
 * retention keeps, the newest copy that is proven, and what a younger copy needs.
 */
export const backupPrune: ChangeKind<BackupPrune> = {
  name: 'backup-prune',
  idempotent: true,
  deed: 'prune',
  stands: {
    halfway: trusted`copies that were removed are gone, the others stay whole`,
    next: ({ target: { name } }, { environment }) =>
      trusted`vigie backups prune ${name} -e ${environment} goes on; vigie backups list -e ${environment} shows what is left`,
  },

  riskOf: ({ copies, target }) => ({
    level: 'high',
    reasons: [
      `deletes ${copies.length} ${copies.length === 1 ? 'copy' : 'copies'} of ${target.name} for good`,
    ],
  }),

  async preview(change, reach): Promise<Prospect> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    const shelves = await readShelves(set, { system, kube: reach.reader });
    const going = change.copies.flatMap(wanted => {
      const found = shelves
        .find(({ destination }) => destination === wanted.destination)
        ?.copies.find(({ copy }) => copy === wanted.copy);
      return found === undefined ? [] : [found];
    });
    for (const shelf of shelves) refuseKept(change, { shelf, rules: set.retention });
    return {
      change,
      operation: going.length === 0 ? 'none' : 'delete',
      target: change.target,
      volatile: [],
      warnings: [
        ...[engineOf(set).forgetting?.(set.settings)].filter(line => line !== undefined),
        ...staying(change, { shelves, rules: set.retention }),
        ...shelves.flatMap(shelf => {
          const left = goodCopies(shelf).filter(
            ({ copy, destination }) => !isNamed(change, { copy, destination }),
          );
          return left.length === 0 && goodCopies(shelf).length > 0
            ? [`${shelf.destination} holds no copy of ${set.name} afterwards`]
            : [];
        }),
      ],
      alongside: going.map(copy => ({
        target: { kind: 'Copy', name: copy.copy },
        what: `at ${copy.destination}: ${describe(copy)}`,
      })),
      undo: { possible: false, why: irreversible },
      serverChecked: 'a destination has no dry run',
    };
  },

  async apply(change, reach, writing): Promise<Applied> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    let removed = 0;
    const gone = new Map<string, Manifest>();
    for (const [destination, named] of Map.groupBy(change.copies, each => each.destination)) {
      const from = { system, kube: reach.reader, at: [destination] };
      let [shelf] = await readShelves(set, from);
      for (const { copy } of named) {
        // Whatever came since it was shown: a drill that passed, a copy that needs it, a backup that runs.
        const [found] = await readShelves(set, { ...from, only: { copy } });
        if (shelf === undefined || found === undefined || found.copies.length === 0) continue;
        const { copies } = found;
        const others = shelf.copies.filter(each => each.copy !== copy);
        refuseKept(change, {
          shelf: { ...shelf, copies: [...others, ...copies] },
          rules: set.retention,
          only: copy,
        });
        await writing.beforeWrite();
        await (await system.writer(destination)).remove({ set: set.name, copy });
        for (const each of copies) if ('manifest' in each) gone.set(copy, each.manifest);
        shelf = { ...shelf, copies: others };
        removed += 1;
        writing.progress?.(`Removed ${copy} at ${destination}`);
      }
    }
    const touched = new Set(change.copies.map(({ destination }) => destination));
    if (removed > 0) for (const destination of touched) await (await system.writer(destination)).tidy?.();
    await forgetGone(set, { system, kube: reach.reader, writing, gone });
    writing.noted(`${removed} of ${change.copies.length} copies were removed.`);
    return {};
  },

  async find(change, looking) {
    const left = await leftOf(change, looking);
    return left.length === 0 ? undefined : { uid: '', resourceVersion: left.join(' ') };
  },

  observe: async (change, looking) => (await leftOf(change, looking)).length === 0,

  async verify(change, { systems, reader }) {
    const system = await systems.backups();
    const set = backupSetOf(change.target, system);
    const shelves = await readShelves(set, { system, kube: reader });
    const left = leftAt(change, shelves);
    const kept = shelves.map(shelf => `${shelf.destination} keeps ${goodCopies(shelf).length} good copies.`);
    return left.length === 0
      ? { state: 'verified', evidence: [`${change.copies.length} copies of ${set.name} are gone.`, ...kept] }
      : { state: 'failed', evidence: [`Still there: ${left.join(', ')}.`, ...kept] };
  },

  invert: () => ({ irreversible }),
};

const irreversible = trusted`a copy that was removed is gone`;

/** What copies left elsewhere goes when no destination has them any more. */
async function forgetGone(
  set: BackupSet,
  {
    system,
    kube,
    writing,
    gone,
  }: {
    system: ChangingBackups;
    kube: KubeReader;
    writing: Writing;
    gone: ReadonlyMap<string, Manifest>;
  },
): Promise<void> {
  const engine = engineOf(set);
  if (engine.forget === undefined || gone.size === 0) return;
  const there = new Set(
    (await readShelves(set, { system, kube })).flatMap(({ copies }) => copies.map(({ copy }) => copy)),
  );
  const signal = writing.signal ?? new AbortController().signal;
  const { settings } = set;
  for (const [copy, manifest] of gone) {
    if (there.has(copy)) continue;
    const objects = await objectsOf(set, { system, writing });
    writing.noted(await engine.forget({ settings, manifest, signal, ...objects }));
  }
}

function isNamed(change: BackupPrune, wanted: { destination: string; copy: string }): boolean {
  return change.copies.some(
    ({ destination, copy }) => destination === wanted.destination && copy === wanted.copy,
  );
}

async function leftOf(
  change: BackupPrune,
  { systems, reader }: Pick<Looking, 'systems' | 'reader'>,
): Promise<string[]> {
  const system = await systems.backups();
  const set = backupSetOf(change.target, system);
  return leftAt(change, await readShelves(set, { system, kube: reader }));
}

function leftAt(change: BackupPrune, shelves: readonly Shelf[]): string[] {
  return shelves.flatMap(({ copies }) =>
    copies.filter(copy => isNamed(change, copy)).map(({ copy, destination }) => `${copy} at ${destination}`),
  );
}

type Rules = Parameters<typeof removable>[1]['rules'];

/** @throws VigieError CONFLICT: a copy that is named may not go */
function refuseKept(
  change: BackupPrune,
  { shelf, rules, only }: { shelf: Shelf; rules: Rules; only?: string },
): void {
  for (const { copy, keptFor } of removable(shelf, { rules, now: new Date(), because: change.because })) {
    if (only !== undefined && copy !== only) continue;
    if (keptFor.length === 0 || !isNamed(change, { copy, destination: shelf.destination })) continue;
    throw new VigieError(
      'CONFLICT',
      `Copy ${copy} at ${shelf.destination} may not be removed: ${keptFor.join(', ')}.`,
      { hint: 'Ask for vigie backups prune again: it lists what may go now.', details: { copy } },
    );
  }
}

/** What is kept, destination by destination, and for what. */
function staying(
  change: BackupPrune,
  { shelves, rules }: { shelves: readonly Shelf[]; rules: Rules },
): string[] {
  return shelves.flatMap(shelf => {
    const kept = removable(shelf, { rules, now: new Date(), because: change.because })
      .filter(({ copy }) => !isNamed(change, { copy, destination: shelf.destination }))
      .map(({ copy, keptFor }) => `${copy} (${keptFor.join(', ') || 'not asked for'})`);
    return kept.length === 0 ? [] : [`Stay at ${shelf.destination}: ${kept.join('; ')}`];
  });
}

function describe(copy: KnownCopy): string {
  return copy.state === 'good' ? roughSize(copy.bytes) : `${copy.state}: ${copy.why}`;
}
