import { type Right, rightsOfAgent } from '../../clients/kube/rights.ts';
import type { EnvironmentConfig } from '../../config/environment-config.ts';
import type { JsonObject } from '../../core/json.ts';
import { rightsNeeded } from '../../desk/checks/rights-needed.ts';

/**
 * Where the accounts are: in no namespace that an environment changes, since whoever can start a pod beside an account
 * can start it as that account.
 */
export const accountsNamespace = 'vigie-accounts';

// The role comes first, and neither is how the other begins: no name of an environment makes two accounts one. With the
// longest name of an environment, 63 characters, they stay far below the 253 of an account's name.

export function vigieAccount(environment: string): string {
  return `vigie-of-${environment}`;
}

export function agentAccount(environment: string): string {
  return `agent-of-${environment}`;
}

type Covered = Pick<EnvironmentConfig, 'name' | 'namespaces' | 'clusterScoped' | 'policy'>;

/** The accounts of Vigie and of the agent with their roles. An environment of the whole cluster has them cluster-wide. */
export function accountObjects(environment: Covered): JsonObject[] {
  const { name, namespaces } = environment;
  const [vigie, agent] = [vigieAccount(name), agentAccount(name)];
  const { namespaced, cluster } = rightsNeeded(environment);
  const accounts = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: accountsNamespace } },
    serviceAccount(vigie),
    serviceAccount(agent),
  ];
  if (namespaces === undefined)
    return [
      ...accounts,
      ...bound(vigie, { rights: [...namespaced, ...cluster] }),
      ...bound(agent, { rights: rightsOfAgent() }),
    ];
  return [
    ...accounts,
    ...bound(vigie, { rights: cluster }),
    ...namespaces.flatMap(namespace => [
      ...bound(vigie, { rights: namespaced, namespace }),
      ...bound(agent, { rights: rightsOfAgent(), namespace }),
    ]),
  ];
}

function serviceAccount(name: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: accountsNamespace },
    automountServiceAccountToken: false,
  };
}

/** A role and its binding to the account, both by the account's name; without a namespace for the whole cluster. */
function bound(account: string, to: { rights: readonly Right[]; namespace?: string }): JsonObject[] {
  const kind = to.namespace === undefined ? 'ClusterRole' : 'Role';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: account, ...(to.namespace === undefined ? {} : { namespace: to.namespace }) };
  return [
    { apiVersion, kind, metadata, rules: to.rights.map(ruleOf) },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: accountsNamespace }],
    },
  ];
}

function ruleOf({ group, resources, verbs, names }: Right): JsonObject {
  return {
    apiGroups: [group],
    resources: [...resources],
    verbs: [...verbs],
    ...(names === undefined ? {} : { resourceNames: [...names] }),
  };
}
