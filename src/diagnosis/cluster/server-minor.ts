import type { Snapshot } from '../snapshot.ts';

/** The minor version of the API server; undefined: nothing tells. `atLeast`: it may be newer, and is not older. */
export function serverMinor(snapshot: Snapshot): { minor: number; atLeast: boolean } | undefined {
  const minor = minorOf(snapshot.serverVersion);
  if (minor !== undefined) return { minor, atLeast: false };
  // Kubelets may not be newer than their server.
  const kubelets = snapshot
    .of('Node')
    .flatMap(({ status }) => minorOf(status?.nodeInfo?.kubeletVersion) ?? []);
  return kubelets.length === 0 ? undefined : { minor: Math.max(...kubelets), atLeast: true };
}

/** `v1.36.2+k3s1` → 36. */
export function minorOf(version: string | undefined): number | undefined {
  const found = /^v?1\.(\d{1,3})\b/.exec(version ?? '');
  return found === null ? undefined : Number(found[1]);
}
