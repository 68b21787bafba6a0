import type { OpenOptions } from './cli/program.ts';
import type { Cluster, EnvironmentConfig } from './config/environment-config.ts';
import type { Integrations } from './config/integrations/integrations.ts';
import { type Connections, reachesOf } from './connections.ts';
import { defaultBudget } from './core/budget.ts';
import { canonicalJson } from './core/json.ts';
import { KnownSecrets } from './core/known-secrets.ts';
import type { Policy } from './core/policy.ts';
import type { PlayedEnvironment } from './engine/play-order.ts';
import { twinPlaceholder } from './kubernetes/twin/copy-object.ts';
import type { TrustSource } from './pipeline/plugin-trust.ts';
import type { AutoApprover, Environment } from './pipeline/vigie.ts';
import type { Store } from './store/store.ts';
import { identityOf, servicesOf } from './systems.ts';

/** An environment as the configuration has it. `known`: what was read there before it was configured anew stays masked. */
export function environmentFor(
  configured: EnvironmentConfig,
  { connections, known, trust }: { connections: Connections; known: KnownSecrets; trust: TrustSource },
): Environment {
  const { name, cluster, namespaces, clusterScoped, policy } = configured;
  const integrations =
    cluster.kind === 'sandbox'
      ? withOwnMetrics(configured.integrations, cluster.world)
      : configured.integrations;
  return {
    view: {
      name,
      cluster: shownCluster(cluster),
      kind: cluster.kind,
      namespaces,
      clusterScoped,
      policy: { low: policy.low, medium: policy.medium, high: policy.high },
    },
    rules: policy,
    known,
    ...reachesOf({
      key: canonicalJson({ name, cluster, namespaces, clusterScoped, services: servicesOf(integrations) }),
      environment: name,
      integrations,
      ...(cluster.kind === 'none' ? { identity: identityOf({ environment: name, integrations }) } : {}),
      target: () =>
        connections.targetOf(configured, async fingerprint => {
          const { mayRunPlugin } = await import('./pipeline/plugin-trust.ts');
          await mayRunPlugin(trust, name)(fingerprint);
        }),
      bounds: { namespaces, clusterScoped },
      known,
      secrets: configured.secrets,
      connections,
      store: trust.store,
    }),
    // Nobody has to start a simulated cluster to know that it asks for no login.
    ...(cluster.kind !== 'kube' ? { plugin: async () => undefined } : {}),
  };
}

function shownCluster(cluster: Cluster): string {
  switch (cluster.kind) {
    case 'kube':
      return cluster.context;
    case 'sandbox':
      return `sandbox: ${cluster.world}`;
    case 'none':
      return 'none';
  }
}

/** The world shop has a Prometheus of its own, which answers without being configured. */
function withOwnMetrics(integrations: Integrations, world: string): Integrations {
  if (world !== 'shop' || integrations.metrics !== undefined) return integrations;
  const own = {
    via: 'service',
    namespace: 'monitoring',
    name: 'prometheus',
    port: '9090',
    scheme: 'http',
    base: [],
  } as const;
  return { ...integrations, metrics: { prometheus: own, slos: new Map() } };
}

const ownPolicy: Policy = {
  low: 'allow',
  medium: 'ask',
  high: 'ask',
  approvers: { fourEyes: false },
  elicitation: false,
  maxTargets: 5,
  ticketTtlSeconds: 3600,
  budget: defaultBudget,
  freeze: [],
  protect: [],
};

const demo: PlayedEnvironment = {
  name: 'demo',
  rules: ownPolicy,
  namespaces: undefined,
  clusterScoped: true,
};

/** The environment of a sandbox that this process itself started: the only one that may answer by itself. */
export function ownSandbox(
  sandbox: NonNullable<OpenOptions['ownSandbox']>,
  {
    connections,
    configured,
    store,
  }: {
    connections: Connections;
    configured: readonly EnvironmentConfig[];
    store: () => Promise<Store>;
  },
): Environment {
  const {
    name,
    rules,
    namespaces,
    clusterScoped,
    secretAliases = [],
  } = {
    ...demo,
    ...sandbox.environment,
  };
  const integrations = configured.find(each => each.name === name)?.integrations ?? {};
  const known = new KnownSecrets();
  const reaches = reachesOf({
    key: name,
    environment: name,
    integrations: withOwnMetrics(integrations, sandbox.world),
    target: async () => ({ via: 'direct', url: sandbox.url, token: sandbox.token }),
    bounds: { namespaces, clusterScoped },
    known,
    secrets: new Map(),
    connections,
    store,
  });
  const autoApprover: AutoApprover = Object.freeze({ environment: name, world: sandbox.world });
  return {
    view: {
      name,
      cluster: `sandbox: ${sandbox.world}`,
      kind: 'sandbox',
      namespaces,
      clusterScoped,
      policy: { low: rules.low, medium: rules.medium, high: rules.high },
    },
    rules,
    known,
    autoApprover,
    ...reaches,
    change: async signal => ({
      ...(await reaches.change(signal)),
      secretAliases,
      secret: async () => twinPlaceholder,
    }),
  };
}
