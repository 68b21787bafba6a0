import { sealTo, unsealBy } from '../../backups/age.ts';
import { carryCopy } from '../../backups/carry-copy.ts';
import {
  type FailedCopy,
  findCopy,
  finishedCopies,
  type GoodCopy,
  goodCopies,
  isStrange,
  type Shelf,
} from '../../backups/catalogue.ts';
import { drillWarning, fits } from '../../backups/estimate.ts';
import { type CopyJob, makeCopy } from '../../backups/make-copy.ts';
import { plainPart, storedPart } from '../../backups/open-copy.ts';
import { readShelves } from '../../backups/shelves.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { type BackupSet, describeRunPlace } from '../../core/backup-set.ts';
import type { BackupRun } from '../../core/change.ts';
import type { CopyReader } from '../../core/copies.ts';
import type { Manifest } from '../../core/copy.ts';
import { isStale, locked } from '../../core/copy-lock.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { roughSize, sizeText } from '../../core/size-text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { ChangingBackups } from '../../toolkit/backup-system.ts';
import { troubleOf } from '../trouble.ts';
import { backupSetOf, engineOf, foreseen, newestOf, objectsOf } from './backup-set-of.ts';
import type { Applied, ChangeKind, Prospect, Writing } from './kind.ts';

/** To read back: more says nothing more of the way there, and a drill reads all of it. */
const readBackBytes = 1024 * 1024 * 1024;

/**
 * One backup: a new copy at the set's first destination, carried to the others, and read back from each. It is done when
 * its manifest is there; what broke off before is no copy and can be removed.
 */
export const backupRun: ChangeKind<BackupRun> = {
  name: 'backup-run',
  idempotent: false,
  deed: 'back up',
  stands: {
    halfway: trusted`a copy that is complete stays, and nothing else counts as one`,
    next: ({ target: { name } }, { environment }) =>
      trusted`vigie backups run ${name} -e ${environment} makes another; vigie backups list -e ${environment} shows what is there`,
  },

  // It reads the source and adds a folder of its own: nothing that was there is other than before.
  riskOf: ({ target }) => ({ level: 'low', reasons: [`adds a copy of ${target.name}`] }),

  async preview(change, reach): Promise<Prospect> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    const engine = engineOf(set);
    const shelves = await readShelves(set, { system, kube: reach.reader });
    refuseLocked(change, { set, shelves });
    const last = newestOf(shelves);
    const copies = shelves.flatMap(goodCopies);
    const { facts, warnings } = await foreseen(set, { system });
    return {
      change,
      operation: 'create',
      target: change.target,
      after: {
        copy: change.copy,
        engine: set.engine,
        ...set.settings,
        runs: [...engine.programs.dump],
        where: describeRunPlace(set.run),
        to: [...set.to],
        timeoutSeconds: set.timeoutSeconds,
        ...facts,
        ...(last === undefined ? {} : { lastCopy: sizeOf(last) }),
      },
      // Another backup may end meanwhile.
      volatile: ['/lastCopy'],
      warnings: [
        ...warnings,
        ...(await roomWarnings(set, { system, last })),
        ...shelves.flatMap(({ destination, lock }) =>
          lock === undefined
            ? []
            : [
                `${destination}: a lock of ${lock.holder} has not been renewed since ${lock.renewedAt}; it is taken over`,
              ],
        ),
        ...[drillWarning(set, { copies, now: new Date() })].filter(line => line !== undefined),
      ],
      alongside: [],
      undo: { possible: true },
      serverChecked: 'a backup has no dry run',
    };
  },

  async apply(change, reach, writing): Promise<Applied> {
    const system = await reach.backups();
    const set = backupSetOf(change.target, system);
    const [first = '', ...others] = set.to;
    const manifest = await makeFirst(change, {
      set,
      system,
      kube: reach.reader,
      writing,
      destination: first,
    });
    const evidence = [
      `Copy ${manifest.copy} of ${set.name}: ${describeContents(manifest)}, ${roughSize(sizeOfAll(manifest))} in ${manifest.parts.length} ${manifest.parts.length === 1 ? 'part' : 'parts'}.`,
      await readBack(await system.reader(first), manifest),
      ...(manifest.contents.changed === undefined
        ? []
        : [`Written to while they were read, so they may hold a mix: ${manifest.contents.changed}.`]),
    ];
    let missing = false;
    for (const destination of others) {
      try {
        const carried = await carryTo(destination, { change, set, system, writing, manifest, first });
        evidence.push(await readBack(await system.reader(destination), carried));
      } catch (error) {
        missing = true;
        evidence.unshift(troubleOf(error, `The copy did not get to ${destination}`));
      }
    }
    return { uid: change.copy, outcome: { state: missing ? 'unverified' : 'verified', evidence } };
  },

  async find(change, { systems, reader }) {
    const system = await systems.backups();
    const set = backupSetOf(change.target, system);
    const found = foundCopy(change, await readShelves(set, { system, kube: reader }));
    return found === undefined ? undefined : { uid: found.copy, resourceVersion: '' };
  },

  async observe(change, { systems, reader }) {
    const system = await systems.backups();
    const set = backupSetOf(change.target, system);
    return foundCopy(change, await readShelves(set, { system, kube: reader })) !== undefined;
  },

  async verify(change, { systems, reader }) {
    const system = await systems.backups();
    const set = backupSetOf(change.target, system);
    const shelves = await readShelves(set, { system, kube: reader });
    const evidence: string[] = [];
    let missing = false;
    for (const shelf of shelves) {
      const found = foundCopy(change, [shelf]);
      if (found === undefined) missing = true;
      evidence.push(
        found === undefined
          ? `${shelf.destination} holds no complete copy ${change.copy}.`
          : await readBack(await system.reader(shelf.destination), found.manifest),
      );
    }
    return { state: missing ? 'unverified' : 'verified', evidence };
  },

  invert: (change, preview) => {
    const to = Array.isArray(preview.after?.['to']) ? preview.after['to'] : [];
    return [
      {
        kind: 'backup-prune',
        target: change.target,
        because: 'undo',
        copies: to.flatMap(destination =>
          typeof destination === 'string' ? [{ destination, copy: change.copy }] : [],
        ),
      },
    ];
  },
};

function foundCopy(change: BackupRun, shelves: readonly Shelf[]): GoodCopy | FailedCopy | undefined {
  return shelves.flatMap(finishedCopies).find(each => each.copy === change.copy);
}

/** @throws VigieError CONFLICT while another backup of the set runs, or seems to */
function refuseLocked(
  change: BackupRun,
  { set, shelves }: { set: BackupSet; shelves: readonly Shelf[] },
): void {
  for (const { destination, lock } of shelves) {
    if (lock === undefined) continue;
    const stale = isStale(lock, new Date());
    if (!stale || change.breakLock !== true)
      throw locked({ set: set.name }, { lock, stale, shown: destination });
  }
}

async function roomWarnings(
  set: BackupSet,
  { system, last }: { system: ChangingBackups; last: GoodCopy | undefined },
): Promise<string[]> {
  const lines = await Promise.all(
    set.to.map(async name => {
      const free = await (await system.reader(name)).freeBytes();
      if (free === undefined || fits(last?.bytes, free) !== false) return [];
      return [
        `${name} has ${sizeText(free)} left, and the last copy took ${roughSize(last?.bytes ?? 0)}: it may not fit`,
      ];
    }),
  );
  return lines.flat();
}

async function makeFirst(
  change: BackupRun,
  at: {
    set: BackupSet;
    system: ChangingBackups;
    kube: KubeReader;
    writing: Writing;
    destination: string;
  },
): Promise<Manifest> {
  const { set, system, kube, writing, destination } = at;
  const previous = newestOf(await readShelves(set, { system, kube, at: [destination] }));
  return makeCopy({
    engine: engineOf(set),
    settings: set.settings,
    secrets: await system.secretsOf(set),
    runner: await system.runner(set),
    ...(await objectsOf(set, { system, writing })),
    writer: await system.writer(destination),
    encrypt: await encryptionAt(destination, system),
    name: { set: set.name, copy: change.copy },
    ...(previous === undefined ? {} : { previous: previous.manifest }),
    ...(change.breakLock === undefined ? {} : { breakLock: change.breakLock }),
    signal: writing.signal ?? new AbortController().signal,
    deadlineMs: set.timeoutSeconds * 1000,
    progress: message => writing.progress?.(message),
    beforeWrite: () => writing.beforeWrite(),
    now: () => new Date(),
  });
}

async function encryptionAt(
  destination: string,
  system: ChangingBackups,
): Promise<CopyJob<unknown>['encrypt']> {
  const reader = await system.reader(destination);
  if (reader.encryption !== 'none') return { how: reader.encryption };
  const recipients = system.destinations.get(destination)?.recipients ?? [];
  return recipients.length === 0 ? { how: 'none' } : { how: 'age', seal: sealTo(recipients) };
}

async function carryTo(
  destination: string,
  at: {
    change: BackupRun;
    set: BackupSet;
    system: ChangingBackups;
    writing: Writing;
    manifest: Manifest;
    first: string;
  },
): Promise<Manifest> {
  const { system, writing, manifest, change, first } = at;
  const from = await system.reader(first);
  const encrypt = await encryptionAt(destination, system);
  const asIs = encrypt.how === manifest.encryption && sameRecipients(system, first, destination);
  const identity = asIs ? undefined : await system.identityOf(first);
  const unseal = identity === undefined ? undefined : unsealBy(identity);
  return carryCopy({
    from,
    manifest,
    writer: await system.writer(destination),
    // Proven by what was just sealed: somebody may have put another copy in its place meanwhile.
    ...(asIs
      ? {}
      : { again: { open: (part: string) => plainPart(from, { manifest, part, unseal }), ...encrypt } }),
    ...(change.breakLock === undefined ? {} : { breakLock: change.breakLock }),
    beforeWrite: () => writing.beforeWrite(),
    progress: message => writing.progress?.(message),
  });
}

function sameRecipients({ destinations }: ChangingBackups, one: string, other: string): boolean {
  const of = (name: string): string => [...(destinations.get(name)?.recipients ?? [])].sort().join(' ');
  return of(one) === of(other);
}

/** Reads the manifest back, and one part: that what was stored is what is there. */
async function readBack(reader: CopyReader, manifest: Manifest): Promise<string> {
  const { set, copy } = manifest;
  const found = await findCopy(reader, { set, copy, alone: true });
  if (isStrange(found) || canonicalJson(found.manifest.parts) !== canonicalJson(manifest.parts))
    throw new VigieError(
      'COPY_DAMAGED',
      `Copy ${copy} of ${set} at ${reader.name} is not what was just written: ${isStrange(found) ? found.why : 'its manifest is another'}.`,
      { hint: 'See who else writes there, and back the set up again.', details: { set, copy } },
    );
  const bySize = manifest.parts
    .filter(({ tree }) => tree === undefined)
    .toSorted((a, b) => (a.stored ?? a).bytes - (b.stored ?? b).bytes);
  const part = bySize.findLast(each => (each.stored ?? each).bytes <= readBackBytes) ?? bySize[0];
  if (part === undefined)
    return `${reader.name}: its manifest was read back, and its tree stands there by its hash.`;
  let bytes = 0;
  for await (const chunk of storedPart(reader, manifest, part)) bytes += chunk.length;
  return `${reader.name}: its manifest and ${part.name} (${roughSize(bytes)}) were read back and fit.`;
}

function describeContents({ contents: { items, left = 0 } }: Manifest): string {
  const rows = items.reduce((sum, { count }) => sum + count, 0);
  const counted = items.length + left;
  return `${counted} ${counted === 1 ? 'item' : 'items'} with ${rows} ${rows === 1 ? 'entry' : 'entries'} counted`;
}

function sizeOfAll({ parts }: Manifest): number {
  return parts.reduce((sum, part) => sum + (part.stored ?? part).bytes, 0);
}

function sizeOf({ copy, bytes }: GoodCopy): string {
  return `${copy}, ${roughSize(bytes)}`;
}
