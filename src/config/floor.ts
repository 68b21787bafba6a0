import { canonicalJson } from '../core/json.ts';
import type { Policy, Verdict } from '../core/policy.ts';
import type { ConfigFile } from './config-file.ts';
import type { EnvironmentConfig } from './environment-config.ts';

// Root's vigie.yaml is what no other file can loosen. Where both speak, the stricter wins: deny over ask over allow, the
// smaller limit, all freezes and all protections of both. Who is in which group is root's word where root says any.

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

/** An environment root does not name is held by all of root's rules: another name must not be a way round them. */
function underAll(environment: EnvironmentConfig, floors: readonly EnvironmentConfig[]): EnvironmentConfig {
  const policy = floors.reduce((strict, floor) => stricter(strict, floor.policy), environment.policy);
  return { ...environment, policy };
}

function under(environment: EnvironmentConfig, floor: EnvironmentConfig): EnvironmentConfig {
  const namespaces =
    floor.namespaces === undefined
      ? environment.namespaces
      : floor.namespaces.filter(each => environment.namespaces?.includes(each) ?? true);
  return {
    name: environment.name,
    cluster: floor.cluster,
    namespaces,
    clusterScoped: environment.clusterScoped && floor.clusterScoped,
    policy: stricter(environment.policy, floor.policy),
    secrets: new Map([...environment.secrets, ...floor.secrets]),
  };
}

function stricter(a: Policy, floor: Policy): Policy {
  return {
    low: stricterVerdict(a.low, floor.low),
    medium: stricterVerdict(a.medium, floor.medium),
    high: stricterVerdict(a.high, floor.high),
    approvers: {
      ...a.approvers,
      ...floor.approvers,
      fourEyes: a.approvers.fourEyes || floor.approvers.fourEyes,
    },
    elicitation: a.elicitation && floor.elicitation,
    maxTargets: Math.min(a.maxTargets, floor.maxTargets),
    ticketTtlSeconds: Math.min(a.ticketTtlSeconds, floor.ticketTtlSeconds),
    freeze: union(floor.freeze, a.freeze),
    protect: union(floor.protect, a.protect),
  };
}

const verdicts: readonly Verdict[] = ['allow', 'ask', 'deny'];

function stricterVerdict(a: Verdict, b: Verdict): Verdict {
  return verdicts.indexOf(a) > verdicts.indexOf(b) ? a : b;
}

function union<T>(first: readonly T[], second: readonly T[]): T[] {
  return [...new Map([...first, ...second].map(item => [canonicalJson(item), item])).values()];
}
