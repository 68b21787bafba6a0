import type { Actor } from '../core/actor.ts';
import { worthFor } from '../core/assurance.ts';
import type { JsonObject } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import type { Reach, Vigie } from './vigie.ts';

/** What every audit row says beside its event: who, for whom, from where, under which policy, by which clocks. */
export async function auditFacts(
  vigie: Vigie,
  about: { actor: Actor; plan?: Plan; reach?: Reach; more?: JsonObject },
): Promise<JsonObject> {
  const { actor, plan } = about;
  const policy = await vigie.policy();
  const serverTime = about.reach?.serverTime();
  return {
    actor: { kind: actor.kind, name: actor.name, via: actor.via },
    onBehalfOf: actor.onBehalfOf,
    assurance: plan === undefined ? vigie.assurance : worthFor(vigie.worth, plan.actor).assurance,
    policyHash: policy.hash,
    policyFile: policy.file,
    ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
    ...(plan === undefined
      ? {}
      : {
          tool: plan.tool,
          digest: plan.digest,
          cluster: plan.cluster.uid,
          risk: plan.risk.level,
          targets: plan.previews.map(({ operation, target }) => ({
            operation,
            kind: target.kind,
            name: target.name,
            namespace: target.namespace ?? null,
          })),
        }),
    ...about.more,
  };
}
