import { VigieError } from '../core/errors.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { createObject } from '../sandbox/create-object.ts';
import type { Sandbox } from '../sandbox/server.ts';
import { issueToken, tokenIssuer } from '../sandbox/tokens.ts';

const account = { name: 'vigie', namespace: 'kube-system' };
/** By the cluster's clock, which a play moves by days. */
const tokenSeconds = 366 * 86_400;

/** The token of an account that may do everything but with objects of some kinds. @throws VigieError SANDBOX: no such kind */
export function narrowToken({ cluster }: Sandbox, unread: readonly string[]): string {
  const resources = cluster.resources.all();
  const unknown = unread.find(kind => resources.every(each => each.kind !== kind));
  if (unknown !== undefined) throw new VigieError('SANDBOX', `The world serves no kind ${unknown}.`);
  const make = (object: KubeObject): KubeObject => {
    const resource = cluster.resources.ofKind(object.kind, object.apiVersion);
    if (resource === undefined) throw new VigieError('SANDBOX', `The world serves no kind ${object.kind}.`);
    return createObject(cluster, { resource, object, dryRun: false, manager: 'sandbox' });
  };
  const rules = resources
    .filter(({ kind }) => !unread.includes(kind))
    .map(({ group, plural }) => ({
      apiGroups: [group],
      resources: [plural, `${plural}/*`],
      verbs: ['*'],
    }));
  const metadata = { name: 'vigie-play' };
  make({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata,
    rules: [...rules, { nonResourceURLs: ['*'], verbs: ['*'] }],
  });
  make({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
  const made = make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
  return issueToken(cluster, { account: made, audiences: [tokenIssuer], seconds: tokenSeconds });
}
