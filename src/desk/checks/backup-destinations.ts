import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { sealTo, unsealBy } from '../../backups/age.ts';
import { goodCopies, type Shelf } from '../../backups/catalogue.ts';
import { fits } from '../../backups/estimate.ts';
import { directoryError, setFolder } from '../../clients/directory/place.ts';
import type { BackupDestination } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { sizeText } from '../../core/size-text.ts';
import { systemCode } from '../../core/system-error.ts';
import { newestOf } from '../../pipeline/changes/backup-set-of.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { lookInTime, wrongLine } from './backup-look.ts';
import type { Check } from './check.ts';

interface Asked {
  destination: BackupDestination;
  /** The sets that go there. */
  going: readonly string[];
  /** Of all sets, as far as they were read. */
  shelves: ReadonlyMap<string, readonly Shelf[]>;
  signal: AbortSignal;
  readOnly: boolean;
}

/** A destination that answered: whether it takes copies, has room for one more, and gives back what it encrypts. */
export async function* destinationChecks(environment: Environment, asked: Asked): AsyncIterable<Check> {
  const { destination, going, shelves, signal } = asked;
  const area = environment.view.name;
  const what = `destination ${destination.name}`;
  const todo = 'Look at that destination under backups.destinations in vigie.yaml.';
  const held = going.flatMap(set => shelves.get(set) ?? []).filter(at => at.destination === destination.name);
  const copies = held.reduce((sum, shelf) => sum + goodCopies(shelf).length, 0);
  try {
    const { shown, freeBytes } = await lookInTime(signal, async within => {
      await refuseUnwritable(asked);
      const { systems } = await environment.reach(within);
      const reader = await (await systems.backups()).reader(destination.name);
      return { shown: reader.shown, freeBytes: await reader.freeBytes() };
    });
    const room = freeBytes === undefined ? '' : `, ${sizeText(freeBytes)} free`;
    yield { area, state: 'fine', what: `${what}: ${shown} answers, ${copies} good copies${room}` };
    for (const set of going) {
      const last = newestOf(shelves.get(set) ?? [])?.bytes;
      if (last !== undefined && fits(last, freeBytes) === false)
        yield {
          area,
          state: 'wrong',
          what: `${what}: the newest copy of ${set} takes ${sizeText(last)}, so the next may not fit`,
          todo: `Make room there, or let go of old copies: vigie backups prune ${set} -e ${area}`,
        };
    }
  } catch (error) {
    yield wrongLine(error, { area, what, todo, signal });
  }
  if (going.length === 0)
    yield {
      area,
      state: 'note',
      what: `${what}: no set goes there`,
      todo: 'Name it under to: of a set in vigie.yaml, or take it out.',
    };
  try {
    const key = await keyCheck(environment, asked);
    if (key !== undefined) yield { area, ...key };
  } catch (error) {
    yield wrongLine(error, { area, what, todo: 'Look at its age and identity in vigie.yaml.', signal });
  }
}

/** Only a folder can be asked without writing to it; buckets and repositories prove it with the first copy. */
async function refuseUnwritable({ destination: { name, at }, going, readOnly }: Asked): Promise<void> {
  if (at.kind !== 'directory') return;
  const { root } = at;
  const needed = constants.R_OK | constants.X_OK | (readOnly ? 0 : constants.W_OK);
  try {
    const there = new Set(await readdir(root));
    await access(root, needed);
    for (const set of going) if (there.has(set)) await access(setFolder({ name, root }, set), needed);
  } catch (error) {
    throw systemCode(error) === undefined ? error : directoryError(error, { name, root });
  }
}

type Key = { state: 'fine'; what: string } | { state: 'note'; what: string; todo: string };

/** A few bytes go the way of a copy, there and back. @throws VigieError SECRET, COPY_DAMAGED, INVALID_CONFIG */
async function keyCheck(
  environment: Environment,
  { destination: { name, recipients, identity }, signal, readOnly }: Asked,
): Promise<Key | undefined> {
  if (recipients.length === 0) return undefined;
  const what = `destination ${name}`;
  if (identity === undefined)
    return {
      state: 'note',
      what: `${what}: copies are encrypted and no identity is named, so Vigie can neither restore nor drill them`,
      todo: 'Name one where drills are to run: identity of the destination in vigie.yaml.',
    };
  if (readOnly)
    return {
      state: 'note',
      what: `${what}: whether its identity opens its copies was not checked, Vigie is read-only`,
      todo: 'Nothing to do; without --read-only doctor tries it.',
    };
  return lookInTime(signal, async within => {
    const opened = await (await (await environment.change(within)).backups()).identityOf(name);
    if (opened === undefined) return undefined;
    const sealed: Uint8Array[] = [];
    try {
      for await (const chunk of sealTo(recipients)(sample())) sealed.push(chunk);
    } catch (error) {
      throw new VigieError('INVALID_CONFIG', 'One of its recipients is no recipient of age.', {
        hint: 'Write the public keys that age-keygen prints under age of the destination.',
        cause: error,
      });
    }
    for await (const chunk of unsealBy(opened)(chunksOf(sealed))) void chunk;
    return { state: 'fine', what: `${what}: its identity opens what is encrypted there` };
  });
}

async function* sample(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('vigie');
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
