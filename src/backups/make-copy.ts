import type { CopyDraft, CopyWriter } from '../core/copies.ts';
import { type Encryption, isPartName, type Manifest, type PartFacts } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { Measure, measured } from '../core/measure.ts';
import type { DumpJob, Engine, EngineJob } from './engine.ts';
import { treeRunner } from './tree-runner.ts';

/** More parts than any engine makes; each is a name in the manifest. */
const mostParts = 10_000;

/** What one backup goes by. */
export interface CopyJob<Settings> extends Omit<DumpJob<Settings>, 'sink'> {
  engine: Engine<Settings>;
  writer: CopyWriter;
  /** How what is stored differs from what the engine gives. */
  encrypt: { how: Encryption; seal?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> };
  /** Take a lock over that its holder has not renewed for long. */
  breakLock?: boolean;
  /** Right before the lock is taken, and again before the copy becomes one. */
  beforeWrite(): Promise<void>;
  now(): Date;
}

/**
 * Makes one copy: its parts first, and its manifest when every program has ended as it should. Whatever fails on the way
 * leaves no copy. @throws VigieError what engine and destination throw
 */
export async function makeCopy<Settings>(job: CopyJob<Settings>): Promise<Manifest> {
  const { engine, writer, name, encrypt } = job;
  await job.beforeWrite();
  const startedAt = job.now().toISOString();
  const draft = await writer.begin({
    ...name,
    ...(job.breakLock === undefined ? {} : { breakLock: job.breakLock }),
  });
  try {
    const parts: PartFacts[] = [];
    const dumped = await engine.dump({
      ...job,
      sink: {
        async put(part, bytes) {
          if (!isPartName(part) || parts.some(other => other.name === part) || parts.length >= mostParts)
            throw new Error(`the engine ${engine.name} named a part ${part}`);
          parts.push(await store(draft, part, { bytes, seal: encrypt.seal }));
        },
        ...treesOf(draft, { job, parts }),
      },
    });
    if (parts.length === 0)
      throw new VigieError('BACKUP', `The engine ${engine.name} gave nothing to store of ${name.set}.`);
    const manifest: Manifest = {
      version: 1,
      ...name,
      engine: engine.name,
      startedAt,
      finishedAt: job.now().toISOString(),
      parts,
      encryption: encrypt.how,
      ...dumped,
    };
    await job.beforeWrite();
    await draft.seal(`${JSON.stringify(manifest, null, 1)}\n`);
    return manifest;
  } catch (error) {
    await draft.leave();
    throw error;
  }
}

/** Trees go where nothing is sealed by us alone. */
function treesOf(
  { trees }: CopyDraft,
  { job, parts }: { job: Pick<CopyJob<unknown>, 'encrypt' | keyof EngineJob>; parts: PartFacts[] },
): Pick<DumpJob<unknown>['sink'], 'putTree'> {
  if (trees === undefined || job.encrypt.seal !== undefined) return {};
  return {
    async putTree(part, tree) {
      const stored = await trees.put(part, { tree, by: treeRunner(job) });
      parts.push({ name: part, bytes: stored.bytes, sha256: stored.sha256, tree: stored.tree });
      return stored;
    },
  };
}

async function store(
  draft: CopyDraft,
  part: string,
  { bytes, seal }: { bytes: AsyncIterable<Uint8Array>; seal: CopyJob<unknown>['encrypt']['seal'] },
): Promise<PartFacts> {
  if (seal === undefined) return { name: part, ...(await draft.put(part, bytes)) };
  const plain = new Measure();
  const stored = await draft.put(part, seal(measured(bytes, plain)));
  return { name: part, ...plain.facts(), stored };
}
