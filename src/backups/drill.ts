import type { Contents, Drill, DrillCheck, Manifest } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { sizeText } from '../core/size-text.ts';
import { cleanLine } from '../core/text.ts';
import { compareContents } from './compare-contents.ts';
import type { Engine, EngineJob, OpenCopy } from './engine.ts';
import { openScratchFolder, type ScratchFolder } from './scratch-folder.ts';
import type { WatchedCopy } from './watched-copy.ts';

/** What a drill goes by. */
export interface DrillJob extends EngineJob {
  engine: Engine;
  /** Of the set, for the engine alone. */
  settings: unknown;
  copy: WatchedCopy;
  /** Where scratch folders are made. Absent: the temporary folder where the commands run. */
  base?: string;
  now(): Date;
}

// A restored copy is larger than its compressed parts, by how much only the restore tells; less room than this never does.
const growth = 2;
/** The smallest file takes so much on most file systems. */
const blockBytes = 4096;
const leastBytes = 64 * 1024 * 1024;

/**
 * Restores a copy into a place of its own, looks at what is there, and takes the place away again. A copy that cannot be
 * restored, or is not what its manifest says, is a drill that did not pass; what says nothing about the copy is thrown.
 * @throws VigieError NOT_STARTED, CANCELLED, BACKUP when there is no room, and what the destination throws
 */
export async function runDrill(job: DrillJob): Promise<Drill> {
  const { copy, runner } = job;
  const began = job.now();
  const folder = job.engine.objects === undefined ? await folderFor(job) : undefined;
  let looked: Looked;
  let cleaned = false;
  try {
    if (folder !== undefined) refuseSmall(folder, { job });
    looked = await lookAt(job, folder?.path ?? '');
  } finally {
    cleaned = (await folder?.end()) ?? true;
  }
  const left = cleaned ? looked.left() : `${folder?.path} is left on ${runner.where}`;
  const checks: DrillCheck[] = [
    ...looked.checks,
    {
      what: 'the scratch target is gone',
      passed: left === undefined,
      ...(left === undefined ? {} : { found: left }),
    },
  ];
  const { set, copy: id, tools, contents } = copy.manifest;
  return {
    version: 1,
    set,
    copy: id,
    at: job.now().toISOString(),
    passed: checks.every(({ passed }) => passed),
    tookMs: looked.endedMs - began.getTime(),
    // Only a marker is told by what was restored: the clock of a scratch target tells nothing.
    dataUntil: (contents.how === 'marker' ? looked.found?.at : undefined) ?? contents.at,
    checks: checks.map(readable),
    where: `${looked.shown} on ${runner.where}`,
    tools,
  };
}

/** A text that is longer than one of a report may be would make it none. */
const checkChars = 900;

function readable({ what, passed, expected, found }: DrillCheck): DrillCheck {
  return {
    what: cleanLine(what, checkChars),
    passed,
    ...(expected === undefined ? {} : { expected: cleanLine(expected, checkChars) }),
    ...(found === undefined ? {} : { found: cleanLine(found, checkChars) }),
  };
}

interface Looked {
  checks: DrillCheck[];
  endedMs: number;
  shown: string;
  found?: Contents;
  /** After the end of the place: what is still there of it, and where. */
  left(): string | undefined;
}

/** For engines that run programs. */
function folderFor({ runner, signal, base }: DrillJob): Promise<ScratchFolder> {
  return openScratchFolder(runner, { signal, ...(base === undefined ? {} : { base }) });
}

async function lookAt(job: DrillJob, folder: string): Promise<Looked> {
  const { copy, engine } = job;
  const { manifest } = copy;
  const step = stepOf(job);
  if (folder !== '') job.progress(`Starting an empty ${engine.name} in ${folder}`);
  // That a place cannot be made says nothing about the copy.
  const scratch = await engine.scratch({ ...step, settings: job.settings, manifest, folder });
  const { target, shown } = scratch;
  const leftOut: string[] = [];
  try {
    job.progress(`Restoring ${manifest.copy} into ${shown}`);
    await engine.restore({ ...step, copy, target, leftOut: what => leftOut.push(what) });
    await readTheRest(copy);
    job.progress('Comparing what was restored with the manifest');
    const found = await engine.inspect({ ...step, target, expected: manifest.contents });
    const endedMs = job.now().getTime();
    const restored = { what: 'restored and started', passed: true, found: shown };
    const checks = [
      bytesCheck(copy),
      restored,
      ...leftOutChecks(leftOut),
      ...compareContents(manifest.contents, found),
    ];
    return { checks, endedMs, shown, found, left: () => scratch.left?.() };
  } catch (error) {
    const checks = [failedCheck(await causeOf(error, copy))];
    return { checks, endedMs: job.now().getTime(), shown, left: () => scratch.left?.() };
  } finally {
    await scratch.end();
  }
}

/** A dump can hold more than a person reads; every row is compared whatever is left out. */
const mostLeftOut = 20;

function leftOutChecks(leftOut: readonly string[]): DrillCheck[] {
  if (leftOut.length === 0) return [];
  const more = leftOut.length > mostLeftOut ? ` and ${leftOut.length - mostLeftOut} more` : '';
  return [
    {
      what: 'restored but for what a scratch place may not make, which is not proven',
      passed: true,
      found: `left out: ${leftOut.slice(0, mostLeftOut).join('; ')}${more}`,
    },
  ];
}

/** A program that chokes on a damaged part stops reading and names neither: reading on tells which part it was. */
async function causeOf(error: unknown, copy: WatchedCopy): Promise<unknown> {
  if (copy.troubles.length > 0) return copy.troubles[0];
  if (!(error instanceof VigieError) || error.code !== 'BACKUP') return error;
  try {
    await readTheRest(copy);
  } catch (damage) {
    return damage;
  }
  return error;
}

/** An engine may not need every part, of this copy and of those that it needs; that each is whole is told all the same. */
async function readTheRest(copy: WatchedCopy): Promise<void> {
  const { needs = [] } = copy.manifest;
  // Of a tree restic has read what it restored, and there is nothing else of it.
  for (const each of [copy, ...(await Promise.all(needs.map(other => copy.older(other))))])
    for (const { name, tree } of each.manifest.parts)
      if (tree === undefined && !copy.proven.has(`${each.manifest.copy}/${name}`)) await drain(each, name);
}

async function drain(copy: OpenCopy, part: string): Promise<void> {
  for await (const chunk of copy.open(part)) void chunk;
}

function bytesCheck({ proven, manifest }: WatchedCopy): DrillCheck {
  const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  const older = manifest.needs?.length ?? 0;
  return {
    what: 'size and SHA-256 of every part, as it was read back',
    passed: true,
    found: `${proven.size} ${proven.size === 1 ? 'part' : 'parts'}${older === 0 ? '' : `, those of ${older} older copies too`}; ${bytes} bytes in this copy`,
  };
}

/** @throws the error itself where it says nothing about the copy */
function failedCheck(error: unknown): DrillCheck {
  if (!(error instanceof VigieError)) throw error;
  if (error.code === 'COPY_DAMAGED')
    return { what: `part ${partNamed(error)}`, passed: false, found: error.message };
  if (error.code === 'BACKUP') return { what: 'restored and started', passed: false, found: error.message };
  throw error;
}

function partNamed({ details: { part } }: VigieError): string {
  return typeof part === 'string' ? part : 'of the copy';
}

function refuseSmall(folder: ScratchFolder, { job }: { job: DrillJob }): void {
  const need = roomFor(job.copy.manifest);
  if (folder.freeBytes >= need) return;
  throw new VigieError(
    'BACKUP',
    `There is no room for a drill on ${job.runner.where}: ${sizeText(folder.freeBytes)} are free beside ${folder.path}, at least ${sizeText(need)} are needed.`,
    { hint: 'Name a folder on a larger disk under `scratch` of the set.' },
  );
}

/** The least room that a restore of this copy takes, in bytes: files of a tree are as large as they were. */
function roomFor({ parts }: Manifest): number {
  return (
    leastBytes +
    parts.reduce(
      (sum, { bytes, tree }) => sum + (tree === undefined ? growth * bytes : bytes + blockBytes * tree.files),
      0,
    )
  );
}

function stepOf(job: DrillJob): EngineJob {
  const { runner, objects, signal, deadlineMs } = job;
  return {
    runner,
    ...(objects === undefined ? {} : { objects }),
    signal,
    deadlineMs,
    progress: message => job.progress(message),
  };
}
