import { stricterBudget } from '../core/budget.ts';
import { canonicalJson } from '../core/json.ts';
import type { Policy, Verdict } from '../core/policy.ts';
import type { ConfigFile } from './config-file.ts';
import type { Cluster, EnvironmentConfig } from './environment-config.ts';

// Root's vigie.yaml is what no other file can loosen. Where both speak, the stricter wins: deny over ask over allow, the
// smaller limit, the approver groups that both name, all freezes and all protections of both. Who is in which group is
// root's word where root says any.

type KubeCluster = Extract<Cluster, { kind: 'kube' }>;

/** What is in force when root's file and the user's are both there. */
export function tighten(
  file: Pick<ConfigFile, 'people' | 'environments'>,
  floor: Pick<ConfigFile, 'people' | 'environments'>,
): Pick<ConfigFile, 'people' | 'environments'> {
  const environments = file.environments.map(each => {
    const same = floor.environments.find(({ name }) => name === each.name);
    return same === undefined ? underAll(each, floor.environments) : under(each, same);
  });
  const named = new Set(environments.map(({ name }) => name));
  return {
    people: floor.people.size > 0 ? floor.people : file.people,
    environments: [...environments, ...floor.environments.filter(({ name }) => !named.has(name))],
  };
}

/**
 * An environment that root does not name may still lead to a cluster of root's, by the same context or by one of
 * another name: the rules and bounds of all of root's environments hold in it, and where the context is root's own,
 * root's cluster and secrets as well.
 */
function underAll(environment: EnvironmentConfig, floors: readonly EnvironmentConfig[]): EnvironmentConfig {
  const policy = floors.reduce((strict, floor) => stricter(strict, floor.policy), environment.policy);
  const { cluster } = environment;
  // What reaches no cluster, or a simulated one, is bound to none.
  if (cluster.kind !== 'kube') return { ...environment, policy };
  const named = floors.filter(floor => floor.cluster.kind === 'kube');
  const same = named.find(
    floor => floor.cluster.kind === 'kube' && floor.cluster.context === cluster.context,
  );
  return {
    name: environment.name,
    cluster: same?.cluster ?? verified(cluster, named),
    namespaces: named.reduce(commonNamespaces, environment.namespaces),
    clusterScoped: environment.clusterScoped && named.every(floor => floor.clusterScoped),
    policy,
    secrets: same?.secrets ?? environment.secrets,
    integrations: same?.integrations ?? environment.integrations,
  };
}

function under(environment: EnvironmentConfig, floor: EnvironmentConfig): EnvironmentConfig {
  return {
    name: environment.name,
    cluster: floor.cluster,
    namespaces: commonNamespaces(environment.namespaces, floor),
    clusterScoped: environment.clusterScoped && floor.clusterScoped,
    policy: stricter(environment.policy, floor.policy),
    // An alias of the user's would put what root never named within reach of root's environment.
    secrets: floor.secrets,
    integrations: floor.integrations,
  };
}

/** TLS goes unverified only where root leaves it so everywhere. */
function verified(cluster: KubeCluster, floors: readonly EnvironmentConfig[]): Cluster {
  const allowed = floors.every(floor => floor.cluster.kind === 'kube' && floor.cluster.insecureSkipTlsVerify);
  return { ...cluster, insecureSkipTlsVerify: cluster.insecureSkipTlsVerify && allowed };
}

function commonNamespaces(
  own: readonly string[] | undefined,
  floor: Pick<EnvironmentConfig, 'namespaces'>,
): readonly string[] | undefined {
  if (floor.namespaces === undefined) return own;
  return floor.namespaces.filter(each => own?.includes(each) ?? true);
}

function stricter(a: Policy, floor: Policy): Policy {
  return {
    low: stricterVerdict(a.low, floor.low),
    medium: stricterVerdict(a.medium, floor.medium),
    high: stricterVerdict(a.high, floor.high),
    approvers: stricterApprovers(a.approvers, floor.approvers),
    elicitation: a.elicitation && floor.elicitation,
    maxTargets: Math.min(a.maxTargets, floor.maxTargets),
    ticketTtlSeconds: Math.min(a.ticketTtlSeconds, floor.ticketTtlSeconds),
    budget: stricterBudget(a.budget, floor.budget),
    freeze: union(floor.freeze, a.freeze),
    protect: union(floor.protect, a.protect),
  };
}

/** Groups that both name. Where they name none in common that is nobody: neither file's word is given up for the other's. */
function stricterApprovers(a: Policy['approvers'], floor: Policy['approvers']): Policy['approvers'] {
  const both: Policy['approvers'] = {
    ...a,
    ...floor,
    fourEyes: a.fourEyes || floor.fourEyes,
  };
  for (const level of ['low', 'medium', 'high'] as const) {
    const [own, roots] = [a[level], floor[level]];
    if (own !== undefined && roots !== undefined) both[level] = roots.filter(group => own.includes(group));
  }
  return both;
}

const verdicts: readonly Verdict[] = ['allow', 'ask', 'deny'];

function stricterVerdict(a: Verdict, b: Verdict): Verdict {
  return verdicts.indexOf(a) > verdicts.indexOf(b) ? a : b;
}

function union<T>(first: readonly T[], second: readonly T[]): T[] {
  return [...new Map([...first, ...second].map(item => [canonicalJson(item), item])).values()];
}
