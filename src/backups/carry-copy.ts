import type { StoredTree, TreeName } from '../core/copied-trees.ts';
import type { CopyDraft, CopyReader, CopyWriter } from '../core/copies.ts';
import type { Encryption, Manifest, PartFacts } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { Measure, measured } from '../core/measure.ts';
import type { OpenCopy } from './engine.ts';
import { storedPart } from './open-copy.ts';

/** What carrying one copy to another destination goes by. */
export interface CarryJob {
  from: CopyReader;
  manifest: Manifest;
  writer: CopyWriter;
  /** Where the copy cannot be carried as it is stored: what it is read and stored again through. */
  again?: {
    open: OpenCopy['open'];
    how: Encryption;
    seal?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  };
  breakLock?: boolean;
  beforeWrite(): Promise<void>;
  progress(message: string): void;
}

/**
 * Carries a finished copy to another destination, part by part, each proven by its hash while it is read. What breaks off
 * leaves nothing there. @throws VigieError COPY_DAMAGED, and what the destinations throw
 */
export async function carryCopy(job: CarryJob): Promise<Manifest> {
  const { from, manifest, writer, again } = job;
  const { set, copy } = manifest;
  await job.beforeWrite();
  const draft = await writer.begin({
    set,
    copy,
    ...(job.breakLock === undefined ? {} : { breakLock: job.breakLock }),
  });
  try {
    const parts: PartFacts[] = [];
    for (const part of manifest.parts) {
      job.progress(`Carrying ${part.name} to ${writer.name}`);
      if (part.tree !== undefined) {
        parts.push({ name: part.name, ...(await carryTree({ set, copy, part }, { from, draft })) });
        continue;
      }
      if (again === undefined) {
        await draft.put(part.name, storedPart(from, manifest, part));
        parts.push(part);
        continue;
      }
      const { name, bytes, sha256 } = part;
      const plain = new Measure();
      const read = measured(again.open(name), plain);
      const stored = await draft.put(name, again.seal === undefined ? read : again.seal(read));
      const found = plain.facts();
      if (found.bytes !== bytes || found.sha256 !== sha256)
        throw new VigieError(
          'COPY_DAMAGED',
          `Part ${name} of copy ${copy} of ${set} is not what was stored.`,
          {
            details: { set, copy, part: name },
          },
        );
      parts.push({ name, bytes, sha256, ...(again.seal === undefined ? {} : { stored }) });
    }
    const carried: Manifest = { ...manifest, parts, encryption: again?.how ?? manifest.encryption };
    await job.beforeWrite();
    await draft.seal(`${JSON.stringify(carried, null, 1)}\n`);
    return carried;
  } catch (error) {
    await draft.leave();
    throw error;
  }
}

/** @throws VigieError DESTINATION where one of the two keeps no trees */
async function carryTree(
  tree: TreeName,
  { from, draft }: { from: CopyReader; draft: CopyDraft },
): Promise<StoredTree> {
  if (from.trees !== undefined && draft.trees !== undefined) return draft.trees.carry(tree, from.trees);
  throw new VigieError(
    'DESTINATION',
    `The tree ${tree.part.name} of copy ${tree.copy} needs a restic repository.`,
  );
}
