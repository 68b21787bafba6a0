import type { HorizontalPodAutoscaler, ScalingRules } from './kinds/autoscaling.ts';

/** What an autoscaler remembers of its looks, as the real one does, until the sandbox ends. */
export interface Memory {
  /** Of each look, what it recommended. */
  recommended: { atMs: number; replicas: number }[];
  /** By how much it scaled, and when. */
  scaled: { atMs: number; by: number }[];
}

/** A size with the reason why it is not what the metrics ask for. */
export interface Limited {
  replicas: number;
  able: { reason: string; message: string };
  limit: { status: string; reason: string; message: string };
}

const defaultDown: ScalingRules = {
  stabilizationWindowSeconds: 300,
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};
const defaultUp: ScalingRules = {
  stabilizationWindowSeconds: 0,
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
/** No rule looks further back. */
const rememberedMs = 3_600_000;

/** How far the autoscaler goes now towards what its metrics ask for: its windows, its rates, its bounds. */
export function limit(
  autoscaler: HorizontalPodAutoscaler,
  { wanted, current, memory, nowMs }: { wanted: number; current: number; memory: Memory; nowMs: number },
): Limited {
  const { minReplicas = 1, maxReplicas, behavior } = autoscaler.spec;
  const up = { ...defaultUp, ...behavior?.scaleUp };
  const down = { ...defaultDown, ...behavior?.scaleDown };
  forget(memory, nowMs);
  const recent = (rules: ScalingRules) =>
    memory.recommended
      .filter(({ atMs }) => atMs >= nowMs - (rules.stabilizationWindowSeconds ?? 0) * 1_000)
      .map(({ replicas }) => replicas);
  const highest = Math.max(wanted, ...recent(down));
  const lowest = Math.min(wanted, ...recent(up));
  memory.recommended.push({ atMs: nowMs, replicas: wanted });
  const steady = current < lowest ? lowest : current > highest ? highest : current;
  const able = stabilization({ steady, wanted });
  const bound =
    steady > current ? Math.min(maxReplicas, ceiling(up, { current, memory, nowMs })) : maxReplicas;
  const floorNow =
    steady < current ? Math.max(minReplicas, floor(down, { current, memory, nowMs })) : minReplicas;
  if (steady > bound) {
    return bound === maxReplicas
      ? limited(bound, able, [
          'TooManyReplicas',
          'the desired replica count is more than the maximum replica count',
        ])
      : limited(bound, able, [
          'ScaleUpLimit',
          'the desired replica count is increasing faster than the maximum scale rate',
        ]);
  }
  if (steady < floorNow) {
    return floorNow === minReplicas
      ? limited(floorNow, able, [
          'TooFewReplicas',
          'the desired replica count is less than the minimum replica count',
        ])
      : limited(floorNow, able, [
          'ScaleDownLimit',
          'the desired replica count is decreasing faster than the maximum scale rate',
        ]);
  }
  const within = {
    status: 'False',
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  };
  return { replicas: steady, able, limit: within };
}

function limited(replicas: number, able: Limited['able'], [reason, message]: [string, string]): Limited {
  return { replicas, able, limit: { status: 'True', reason, message } };
}

function stabilization({ steady, wanted }: { steady: number; wanted: number }): Limited['able'] {
  if (steady > wanted) {
    const message =
      'recent recommendations were higher than current one, applying the highest recent recommendation';
    return { reason: 'ScaleDownStabilized', message };
  }
  if (steady < wanted) {
    const message =
      'recent recommendations were lower than current one, applying the lowest recent recommendation';
    return { reason: 'ScaleUpStabilized', message };
  }
  return { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
}

type Now = { current: number; memory: Memory; nowMs: number };

function ceiling(rules: ScalingRules, now: Now): number {
  const most = allowed(rules, now, (start, { type, value }) =>
    type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100)),
  );
  if (rules.selectPolicy === 'Disabled') return now.current;
  return Math.max(now.current, rules.selectPolicy === 'Min' ? Math.min(...most) : Math.max(...most));
}

function floor(rules: ScalingRules, now: Now): number {
  const least = allowed(rules, now, (start, { type, value }) =>
    type === 'Pods' ? start - value : Math.floor(start * (1 - value / 100)),
  );
  if (rules.selectPolicy === 'Disabled') return now.current;
  return Math.min(now.current, rules.selectPolicy === 'Min' ? Math.max(...least) : Math.min(...least));
}

/** How far each policy lets the size go, from what it was when the policy's period began. */
function allowed(
  { policies = [] }: ScalingRules,
  { current, memory, nowMs }: Now,
  reach: (start: number, policy: { type: string; value: number }) => number,
): number[] {
  return policies.map(policy => {
    const changes = memory.scaled.filter(({ atMs }) => atMs > nowMs - policy.periodSeconds * 1_000);
    return reach(current - changes.reduce((sum, { by }) => sum + by, 0), policy);
  });
}

function forget(memory: Memory, nowMs: number): void {
  memory.recommended = memory.recommended.filter(({ atMs }) => atMs > nowMs - rememberedMs);
  memory.scaled = memory.scaled.filter(({ atMs }) => atMs > nowMs - rememberedMs);
}
