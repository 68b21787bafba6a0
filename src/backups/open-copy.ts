import type { CopyName, CopyReader } from '../core/copies.ts';
import type { Manifest, PartFacts } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { Measure, measured } from '../core/measure.ts';
import { findCopy, isStrange, type WholeCopy } from './catalogue.ts';
import type { OpenCopy } from './engine.ts';
import { treeRunner } from './tree-runner.ts';

/** Turns what is stored back into what the engine gave; absent where nothing was encrypted by Vigie. */
export type Unseal = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** A copy as engines read it, with what is known of it: whoever opened it decides whether it is to be trusted. */
export interface OpenedCopy extends OpenCopy {
  found: WholeCopy;
}

/**
 * A whole copy as engines read it. What it stands on must be ours where it is ours itself.
 * @throws VigieError NOT_FOUND, COPY_DAMAGED for one that is not complete, SECRET when it is encrypted and no identity is
 * at hand
 */
export async function openCopy(
  reader: CopyReader,
  { set, copy, unseal, alone = false }: CopyName & { unseal: Unseal | undefined; alone?: boolean },
): Promise<OpenedCopy> {
  const found = await findCopy(reader, { set, copy, alone });
  const { manifest } = found;
  if (manifest.encryption === 'age' && unseal === undefined) throw noIdentity(manifest, reader);
  return {
    found,
    manifest,
    open: name => plainPart(reader, { manifest, part: name, unseal }),
    async restoreTree(name, to) {
      const part = manifest.parts.find(each => each.name === name);
      if (part?.tree === undefined) throw damaged(manifest, name, 'its manifest names no such tree');
      if (reader.trees === undefined) throw damaged(manifest, name, `${reader.name} keeps no trees`);
      const { folder, only } = to;
      const by = treeRunner(to);
      const { trees } = reader;
      await trees.restore({ set, copy, part }, { folder, by, ...(only === undefined ? {} : { only }) });
      return { entries: () => trees.entries({ set, copy, part }) };
    },
    async older(other) {
      const opened = await openCopy(reader, { set, copy: other, unseal, alone: true });
      if (!isStrange(opened.found) || isStrange(found)) return opened;
      throw new VigieError(
        'COPY_DAMAGED',
        `Copy ${copy} of ${set} stands on ${other}, which is not ours: ${opened.found.why}.`,
        {
          hint: 'Take another copy: vigie backups list says which there are.',
          details: { set, copy, other },
        },
      );
    },
  };
}

/** One part as the engine gave it, proven by that manifest, whatever manifest lies there. */
export function plainPart(
  reader: CopyReader,
  { manifest, part: name, unseal }: { manifest: Manifest; part: string; unseal: Unseal | undefined },
): AsyncIterable<Uint8Array> {
  const part = manifest.parts.find(each => each.name === name);
  if (part === undefined) return missing(manifest, name);
  const bytes = storedPart(reader, manifest, part);
  if (manifest.encryption !== 'age') return bytes;
  if (unseal === undefined) throw noIdentity(manifest, reader);
  return proven(unseal(bytes), { manifest, part: name, is: part });
}

/** One part as it is stored; its end is reached only if size and hash are what the manifest says. */
export function storedPart(
  reader: CopyReader,
  manifest: Manifest,
  part: PartFacts,
): AsyncIterable<Uint8Array> {
  const { set, copy } = manifest;
  return proven(reader.open({ set, copy, part: part.name }), {
    manifest,
    part: part.name,
    is: part.stored ?? part,
  });
}

async function* proven(
  bytes: AsyncIterable<Uint8Array>,
  of: { manifest: Manifest; part: string; is: { bytes: number; sha256: string } },
): AsyncGenerator<Uint8Array> {
  const measure = new Measure();
  yield* measured(bytes, measure);
  const found = measure.facts();
  const { is, part, manifest } = of;
  if (found.bytes === is.bytes && found.sha256 === is.sha256) return;
  const why = found.bytes === is.bytes ? 'its hash is another' : `${found.bytes} bytes, not ${is.bytes}`;
  throw damaged(manifest, part, why);
}

function noIdentity({ set, copy }: Manifest, { name }: CopyReader): VigieError {
  return new VigieError(
    'SECRET',
    `The copy ${copy} of ${set} is encrypted, and ${name} has no identity to read it with.`,
    { hint: 'Set identity of the destination in vigie.yaml to a reference to the age identity.' },
  );
}

async function* missing(manifest: Manifest, part: string): AsyncGenerator<Uint8Array> {
  yield* [];
  throw damaged(manifest, part, 'its manifest names no such part');
}

function damaged({ set, copy }: Manifest, part: string, why: string): VigieError {
  return new VigieError(
    'COPY_DAMAGED',
    `Part ${part} of copy ${copy} of ${set} is not what was stored: ${why}.`,
    {
      hint: 'Take another copy: vigie backups list says which there are; and back the set up again.',
      details: { set, copy, part },
    },
  );
}
