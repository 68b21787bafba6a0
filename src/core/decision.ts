import { frozenAt } from './freeze.ts';
import type { Denial, Policy, Verdict } from './policy.ts';
import type { Preview, Risk, RiskLevel } from './preview.ts';
import { type Maker, protectedBy, protectedThrough } from './protect.ts';

/** What policy says of a plan, with the rule that says so (`policy.high`, `policy.freeze[0]`, `policy.protect[1]` …). */
export interface Decision extends Denial {
  verdict: Verdict;
}

/** The gravest last. */
export const riskLevels: readonly RiskLevel[] = ['low', 'medium', 'high'];

function worseRisk(a: RiskLevel, b: RiskLevel): RiskLevel {
  return riskLevels.indexOf(a) >= riskLevels.indexOf(b) ? a : b;
}

/** Whether one risk is no greater than another. */
export function isWithin(one: RiskLevel, most: RiskLevel): boolean {
  return riskLevels.indexOf(one) <= riskLevels.indexOf(most);
}

/** One step worse; high stays high. */
export function raiseRisk(level: RiskLevel): RiskLevel {
  return level === 'low' ? 'medium' : 'high';
}

/** The risk of a whole plan: the worst of its changes; more targets than the policy's `maxTargets` are high. */
export function riskOfPlan(previews: readonly Preview[], maxTargets: number): Risk {
  const reasons = [...new Set(previews.flatMap(preview => preview.risk.reasons))];
  const level = previews.map(preview => preview.risk.level).reduce(worseRisk, 'low');
  if (previews.length <= maxTargets) return { level, reasons };
  return {
    level: 'high',
    reasons: [...reasons, `${previews.length} targets, more than maxTargets ${maxTargets}`],
  };
}

/**
 * Allow, ask or deny. Pure: freeze and protect deny first, `protect` judged on the object before and after and on what made
 * it; then the verdict for the risk. A policy that no approver has accepted turns allow into ask.
 */
export function decide(input: {
  previews: readonly Preview[];
  makers: readonly Maker[];
  risk: Risk;
  policy: Policy;
  policyAccepted: boolean;
  /** Why a person is asked also where policy allows it; absent: it goes then. */
  asks?: string | undefined;
  now: Date;
}): Decision {
  const { previews, risk, policy } = input;
  const frozen = frozenAt(policy.freeze, input.now);
  if (frozen !== undefined) return { verdict: 'deny', ...frozen };
  for (const { target, before, after } of previews) {
    const denial =
      protectedBy(policy.protect, { target, object: before }) ??
      protectedBy(policy.protect, { target, object: after });
    if (denial !== undefined) return { verdict: 'deny', ...denial };
  }
  const through = protectedThrough(policy.protect, input.makers);
  if (through !== undefined) return { verdict: 'deny', ...through };
  const verdict = policy[risk.level];
  const rule = `policy.${risk.level}`;
  if (verdict === 'allow' && !input.policyAccepted)
    return {
      verdict: 'ask',
      rule: 'policy.unaccepted',
      why: 'no approver has accepted this policy, so every allow asks',
    };
  if (verdict === 'allow' && input.asks !== undefined)
    return { verdict: 'ask', rule: 'change.lasting', why: input.asks };
  return { verdict, rule, why: `${risk.level} risk: ${risk.reasons.join('; ')}` };
}
