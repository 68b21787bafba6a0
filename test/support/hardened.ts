import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectFrom } from '../../src/clients/kube/objects.ts';
import { parseDocuments } from '../../src/core/strict-yaml.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { runHere } from './command-line.ts';

/** The objects of the rbac.yaml that `vigie init --harden` writes for an environment `test` of these namespaces. */
export async function hardenedObjects(
  kubeconfig: string,
  {
    context,
    namespaces,
    clusterScoped,
  }: { context: string; namespaces: readonly string[] | undefined; clusterScoped?: true },
): Promise<KubeObject[]> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-harden-'));
  try {
    const config = join(dir, 'vigie.yaml');
    const named = namespaces === undefined ? '' : `, namespaces: [${namespaces.join(', ')}]`;
    const scoped = clusterScoped === undefined ? '' : ', clusterScoped: true';
    writeFileSync(
      config,
      `environments: {test: {kube: {context: ${context}, kubeconfig: ${kubeconfig}, insecureSkipTlsVerify: true${named}${scoped}}}}\n`,
      { mode: 0o600 },
    );
    const out = join(dir, 'out');
    const ended = await runHere(['init', '--harden', '--config', config, '-o', out], {
      HOME: dir,
      VIGIE_HOME: join(dir, 'home'),
    });
    if (ended.status !== 0) throw new Error(ended.stderr);
    const documents = await parseDocuments(readFileSync(join(out, 'rbac.yaml'), 'utf8'));
    return documents.map(({ document }) => objectFrom(document));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Where a POST makes one of them. */
export function collectionOf({ kind, metadata }: KubeObject): string {
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const core = kind === 'Namespace' || kind === 'ServiceAccount';
  const plural = `${kind.toLowerCase()}s`;
  return `${core ? '/api/v1' : '/apis/rbac.authorization.k8s.io/v1'}${namespace}/${plural}`;
}

/** Lets the administrator of a kubeconfig whose last line belongs to its user act as one of the accounts. */
export function actAs(kubeconfig: string, account: string): void {
  const groups = '[system:serviceaccounts, system:serviceaccounts:vigie-accounts]';
  appendFileSync(
    kubeconfig,
    `    as: system:serviceaccount:vigie-accounts:${account}\n    as-groups: ${groups}\n`,
  );
}
