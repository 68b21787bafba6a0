import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The oldest and the newest kubectl that the sandbox is held to. */
export const kubectlVersions = ['1.32', '1.36'] as const;
export type KubectlVersion = (typeof kubectlVersions)[number];

/** The program of a version, where it is kept; undefined: it is not there. */
export function findKubectl(version: KubectlVersion): string | undefined {
  const kept = join(homedir(), '.local/share/kubectl', version, 'kubectl');
  return existsSync(kept) ? kept : undefined;
}
