import { isFrozen } from './freeze.ts';
import type { Policy, Verdict } from './policy.ts';
import type { Preview, Risk, RiskLevel } from './preview.ts';
import { describeProtect, protectedBy } from './protect.ts';
import { describeRef } from './ref.ts';

/** What policy says of a plan, with the rule that says so (`policy.high`, `policy.freeze[0]`, `policy.protect[1]` …). */
export interface Decision {
  verdict: Verdict;
  rule: string;
  why: string;
}

const levels: readonly RiskLevel[] = ['low', 'medium', 'high'];

function worseRisk(a: RiskLevel, b: RiskLevel): RiskLevel {
  return levels.indexOf(a) >= levels.indexOf(b) ? a : b;
}

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
 * Allow, ask or deny. Pure: freeze and protect deny first, `protect` judged on the object before and after; then the
 * verdict for the risk. A policy that no approver has accepted turns allow into ask.
 */
export function decide(input: {
  previews: readonly Preview[];
  risk: Risk;
  policy: Policy;
  policyAccepted: boolean;
  now: Date;
}): Decision {
  const { previews, risk, policy } = input;
  const frozen = policy.freeze.findIndex(freeze => isFrozen(freeze, input.now));
  const freeze = policy.freeze[frozen];
  if (freeze !== undefined)
    return {
      verdict: 'deny',
      rule: `policy.freeze[${frozen}]`,
      why: `changes are frozen from ${freeze.from} to ${freeze.to} (${freeze.timeZone})`,
    };
  for (const preview of previews) {
    const rule =
      protectedBy(policy.protect, preview.target, preview.before) ??
      protectedBy(policy.protect, preview.target, preview.after);
    if (rule !== undefined)
      return {
        verdict: 'deny',
        rule: `policy.protect[${policy.protect.indexOf(rule)}]`,
        why: `${describeRef(preview.target)} is protected (${describeProtect(rule)})`,
      };
  }
  const verdict = policy[risk.level];
  const rule = `policy.${risk.level}`;
  if (verdict === 'allow' && !input.policyAccepted)
    return {
      verdict: 'ask',
      rule: 'policy.unaccepted',
      why: 'no approver has accepted this policy, so every allow asks',
    };
  return { verdict, rule, why: `${risk.level} risk: ${risk.reasons.join('; ')}` };
}
