import { KubeConnection } from '../../src/clients/kube/connection.ts';
import type { ExecInput, Ran } from '../../src/clients/kube/executor.ts';

/** Runs a command by the product's own client, in namespace shop. */
export async function execIn(
  sandbox: { url: string; token: string },
  input: { pod: string; command: readonly string[] } & Partial<Omit<ExecInput, 'pod' | 'command'>>,
): Promise<Ran> {
  const connection = new KubeConnection({
    target: { via: 'direct', url: sandbox.url, token: sandbox.token },
    bounds: { namespaces: undefined, clusterScoped: true },
    readOnly: false,
    userAgent: 'vigie/test',
  });
  try {
    const executor = await connection.session(new AbortController().signal).executor();
    return await executor.exec({
      container: 'c',
      timeoutMs: 120_000,
      signal: new AbortController().signal,
      ...input,
      pod: { name: input.pod, namespace: 'shop' },
    });
  } finally {
    connection.close();
  }
}

export function exited(code: number): { end: Ran['end'] } {
  return { end: { how: 'exited', code } };
}
