import type { Vigie } from '../pipeline/vigie.ts';
import type { PolicyView } from './desk.ts';

/** The policy in force as commands show it. */
export async function policyView(vigie: Vigie): Promise<PolicyView> {
  return {
    ...(await vigie.policy()),
    environments: vigie.environments.map(({ view: { name, policy } }) => ({
      name,
      low: policy.low,
      medium: policy.medium,
      high: policy.high,
    })),
  };
}
