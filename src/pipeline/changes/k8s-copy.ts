import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { ExecInput, Ran } from '../../clients/kube/executor.ts';
import { Pieces } from '../../clients/kube/printed-output.ts';
import type { K8sCopy } from '../../core/change.ts';
import { copyLimits } from '../../core/copy-limits.ts';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, plainText } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef } from '../../core/ref.ts';
import { roughSize, sizeText } from '../../core/size-text.ts';
import { packTar } from '../../core/tar.ts';
import { cleanLine } from '../../core/text.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { refOf } from '../../kubernetes/object.ts';
import type { LocalFile } from '../../toolkit/local-end.ts';
import { filesOf } from './archive-files.ts';
import { localEndOf, podPlace, prospectOf, rightsMissing, runningContainer, samePod } from './into-pod.ts';
import type { Applied, ChangeKind, Prospect, Writing } from './kind.ts';

/** A copy of the largest size takes less on any line that is worth copying over. */
const copyMs = 300_000;
/** A header for every file, and the rest of its last block. */
const archiveBytes = copyLimits.bytes + copyLimits.files * 2_048;
const namedFiles = 50;

/** Files into a container or out of it, by the tar program of its image; bytes go through the person's own process alone. */
export const k8sCopy: ChangeKind<K8sCopy> = {
  name: 'k8s-copy',
  idempotent: false,
  deed: 'copy files by',
  prints: true,
  stands: {
    halfway: trusted`what was copied until then stays`,
    next: ({ target: { name, namespace = '' }, container, podPath, localPath, files }, { environment }) =>
      files === undefined
        ? trusted`ls -lR ${localPath} shows what was written here before you copy it again`
        : trusted`vigie k8s exec ${name} -n ${namespace} -c ${container} -e ${environment} -- ls -lR ${podPath} shows what is there before you copy it again`,
  },

  alwaysGrave: ({ target }) => `copies files by a command in ${target.kind} ${target.name}`,

  brief({ copies, to, image, container }) {
    return `${plainText(copies)} to ${plainText(to)} (container ${plainText(container)} of image ${plainText(image)})`;
  },

  async preview(change, { reader }): Promise<Prospect> {
    const pod = await samePod(change, reader);
    const { image = '' } = runningContainer(pod, change.container);
    const { files } = change;
    const [local, inPod] = [
      `${JSON.stringify(change.localPath)} of this machine`,
      `${JSON.stringify(change.podPath)} of the pod`,
    ];
    const shown = prospectOf(pod, {
      container: change.container,
      image,
      copies: files === undefined ? `whatever lies at ${inPod}` : `${files.length} files of ${local}`,
      to: files === undefined ? local : inPod,
      ...(files === undefined
        ? {}
        : { files: files.map(file => ({ ...file, path: file.path || '.', mode: modeOf(file) })) }),
    });
    return {
      change,
      operation: 'update',
      target: refOf(pod),
      uid: change.uid,
      ...shown,
      // A record outlives the call; the hash of a file that holds a secret is for whoever decides alone.
      ...(files === undefined ? {} : { told: { ...shown.after, files: files.map(namedAlone) } }),
      volatile: [],
      warnings: await rightsMissing(change, { reader, subresource: 'exec' }),
      alongside: [],
      undo: { possible: false, why: irreversibleOf(change) },
      serverChecked: 'a command has no dry run',
    };
  },

  async apply(change, { reader, executor }, writing): Promise<Applied> {
    const pod = await samePod(change, reader);
    runningContainer(pod, change.container);
    const input = { pod: podPlace(pod), container: change.container, timeoutMs: copyMs };
    const run: Run = async more => {
      await writing.beforeWrite();
      return executor.exec({ ...input, ...more });
    };
    const outcome =
      change.files === undefined ? await out(change, writing, run) : await into(change, writing, run);
    return { uid: change.uid, outcome };
  },

  observe: async () => undefined,

  async verify(change) {
    return {
      state: 'unverified',
      evidence: [`${describeRef(change.target)}: nothing tells what was copied.`],
    };
  },

  invert: change => ({ irreversible: irreversibleOf(change) }),
};

function irreversibleOf({ files, localPath }: K8sCopy): Trusted {
  return files === undefined
    ? trusted`nothing is overwritten; what was copied to ${localPath} is yours to remove`
    : trusted`what stood there before is not kept`;
}

type Run = (more: Omit<ExecInput, 'pod' | 'container' | 'timeoutMs'>) => Promise<Ran>;

async function into(change: K8sCopy, writing: Writing, run: Run): Promise<Outcome> {
  const files = await localEndOf(writing.local).read(change.localPath);
  refuseChanged(change, files);
  const archive = packTar(
    files.map(file => ({ ...file, path: posix.join(change.podPath, file.path).replace(/^\/+/, '') })),
  );
  const command = ['tar', '-xmf', '-', '-C', '/'];
  const ran = await run({ command, stdin: archive, signal: signalOf(writing) });
  const failed = failureOf(ran);
  return (
    failed ?? { state: 'verified', evidence: [`${files.length} files were copied to ${change.podPath}.`] }
  );
}

async function out(change: K8sCopy, writing: Writing, run: Run): Promise<Outcome> {
  const local = localEndOf(writing.local);
  const archive = new Pieces();
  const ran = await run({
    command: ['tar', '-cf', '-', change.podPath],
    signal: signalOf(writing),
    stdout: chunk => archive.add(chunk),
    mostOutputBytes: archiveBytes,
  });
  if (ran.end.how === 'flood')
    return failed(
      `${change.podPath} holds more than ${sizeText(copyLimits.bytes)}, the most that one copy takes; nothing was written here.`,
    );
  const failure = failureOf(ran);
  if (failure !== undefined) return failure;
  try {
    const { files, leftOut } = filesOf(archive.bytes(), change.podPath);
    await local.writeNew(change.localPath, files);
    const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const more = files.length > namedFiles ? [`and ${files.length - namedFiles} more`] : [];
    const skipped = leftOut === 0 ? [] : [`${leftOut} links and devices were left out.`];
    return {
      state: 'verified',
      evidence: [
        `${files.length} files (${roughSize(size)}) were written to ${change.localPath}.`,
        ...skipped,
        ...files.slice(0, namedFiles).map(nameOf),
        ...more,
      ],
    };
  } catch (error) {
    // The command has run, and what failed is this side alone: that is its end.
    if (error instanceof VigieError) return failed(error.message);
    throw error;
  }
}

function signalOf({ signal }: Writing): AbortSignal {
  return signal ?? new AbortController().signal;
}

/** What was approved, byte for byte. @throws VigieError CONFLICT */
function refuseChanged({ files = [], localPath }: K8sCopy, found: readonly LocalFile[]): void {
  const now = new Map(found.map(file => [file.path, file]));
  const same =
    files.length === found.length &&
    files.every(({ path, sha256, mode }) => {
      const file = now.get(path);
      return file !== undefined && file.mode === mode && hashOf(file.bytes) === sha256;
    });
  if (same) return;
  throw new VigieError('CONFLICT', `${localPath} of this machine is no longer what was shown.`, {
    hint: 'Ask for the copy anew.',
    details: { cause: 'local' },
  });
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function namedAlone(file: { path: string; mode: number }): JsonObject {
  return { path: file.path || '.', mode: modeOf(file) };
}

/** As chmod takes it. */
function modeOf({ mode }: { mode: number }): string {
  return mode.toString(8).padStart(4, '0');
}

function nameOf({ path }: LocalFile): string {
  return cleanLine(path || '.');
}

function failureOf({ end, stdout, stderr }: Ran): Outcome | undefined {
  if (end.how === 'exited' && end.code === 0) return undefined;
  const said = [stderr, stdout].flatMap(({ tail: { text } }) =>
    text.trim() === '' ? [] : [`It said:\n${text.trimEnd()}`],
  );
  switch (end.how) {
    case 'exited':
      return failed(`tar ended with exit code ${end.code}.`, ...said);
    case 'failed':
      return failed(`tar was not run to its end: ${end.why}`, ...said);
    case 'timeout':
      return failed(`tar did not end within ${copyMs / 1000} s; its line was closed.`, ...said);
    case 'stopped':
    case 'flood':
      return failed('tar was left before its end; its line was closed.', ...said);
  }
}

function failed(...evidence: string[]): Outcome {
  return { state: 'failed', evidence };
}
