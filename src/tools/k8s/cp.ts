import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineChangeTool, type ToolContext } from '../../toolkit/tool.ts';
import { containerOf, podFor } from './one-pod.ts';
import { uidOf } from './planned-change.ts';
import { kindField, namespaceField } from './schemas.ts';

const pathChars = 4_000;

/** Copies files into a container or out of it. Only the command line offers it: the files are those of its own process. */
export const k8sCp = defineChangeTool({
  name: 'k8s_cp',
  title: 'Copy files to or from a pod',
  description:
    'Copy a file or folder; one of the two is POD:/absolute/path. Overwrites nothing on this machine.',
  input: z.strictObject({
    from: z.string().min(1).max(pathChars).describe('Path, or POD:/path.'),
    to: z.string().min(1).max(pathChars).describe('Path, or POD:/path.'),
    namespace: namespaceField.describe('Namespace.'),
    container: kindField.optional().describe('If several.'),
  }),
  waits: false,

  async plan({ from, to, namespace, container }, { kube, local }) {
    const [source, target] = [inPod(from, 'from'), inPod(to, 'to')];
    if ((source === undefined) === (target === undefined))
      throw wrong('from', 'exactly one of from and to is POD:/path');
    const there = source ?? target;
    if (there === undefined || local === undefined)
      throw wrong('from', 'files of this machine are not at hand here');
    const pod = await podFor(kube, { text: there.pod, namespace });
    const named = local.absolute(source === undefined ? from : to);
    // Whoever approves a copy is not to learn afterwards that it could not be made.
    const localPath = source === undefined ? named : await local.placeFor(named, posix.basename(source.path));
    return [
      {
        kind: 'k8s-copy',
        target: refOf(pod),
        uid: uidOf(pod),
        container: containerOf(pod, container),
        podPath: there.path,
        localPath,
        ...(source === undefined ? { files: await listed(local, localPath) } : {}),
      },
    ];
  },
});

/** `web-1:/var/log` or `deploy/web:/var/log`; undefined: a path of this machine. */
function inPod(text: string, field: string): { pod: string; path: string } | undefined {
  const [, pod, path] = /^((?:[A-Za-z.]+\/)?[a-z0-9][a-z0-9.-]*):(.*)$/s.exec(text) ?? [];
  if (pod === undefined || path === undefined) return undefined;
  const normal = posix.normalize(path);
  if (!path.startsWith('/') || normal === '/' || path.split('/').includes('..') || path.includes('\0'))
    throw wrong(field, `${JSON.stringify(path)} is no absolute path in a pod without ".."`);
  return { pod, path: normal.replace(/\/$/, '') };
}

async function listed(local: NonNullable<ToolContext['local']>, path: string) {
  const files = await local.read(path);
  if (files.length === 0) throw wrong('from', `${path} holds no file`);
  return files.map(({ path: below, mode, bytes }) => ({
    path: below,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    mode,
  }));
}

function wrong(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    hint: 'Copy in with `vigie k8s cp FILE POD:/PATH -n NAMESPACE`, and out the other way round.',
    details: { issues: [{ field, message }] },
  });
}
