import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import { trusted } from '../core/trusted-text.ts';
import type { CallGate } from './call.ts';
import { summarizeTargets } from './diff.ts';
import { executeAllowed } from './execute-allowed.ts';
import type { Exit } from './exit.ts';
import { gateApproval } from './gate-approval.ts';
import type { JudgedPlan } from './judged-plan.ts';
import type { Vigie } from './vigie.ts';

/** What a call comes to instead of going under its gate. `outside`: it is asked about by itself, and why. */
type Instead = { instead: Decision; outside?: Plan['outside'] };

/**
 * A step that people were asked about at a gate of its run: it does what they were shown, or asks anew. Policy's own allow
 * is not enough, since whoever wrote the playbook wants people to look; its deny stays one.
 */
export async function executeGated(
  vigie: Vigie,
  at: JudgedPlan & { gate: CallGate },
): Promise<CallResult | Instead> {
  const { gate, plan, decision, exit } = at;
  if (decision.verdict === 'deny') return { instead: decision };
  const found = await gateApproval(vigie, at);
  if ('why' in found) return askAnew(found, { gate, plan, exit });
  const { covered } = found;
  const executed = await executeAllowed(vigie, {
    ...at,
    plan: covered.plan,
    decision: { verdict: 'allow', rule: 'playbook.gate', why: 'it was approved at a gate of its run' },
    standing: covered.standing,
    use: { gates: covered.tickets, run: plan.actor.run ?? '', step: gate.path },
  });
  return 'instead' in executed
    ? askAnew({ why: executed.instead.why, seats: gate.seats }, { gate, plan, exit })
    : executed;
}

/** One ticket is one person: where a gate wants several, what it does not cover is not done at all. */
function askAnew(
  not: { why: string; seats: number },
  { gate, plan, exit }: { gate: CallGate; plan: Plan; exit: Exit },
): CallResult | Instead {
  const { why, seats } = not;
  const [ticket = ''] = gate.tickets;
  if (seats === 1)
    return {
      instead: { verdict: 'ask', rule: 'playbook.gate', why: `it does not go under its gate: ${why}` },
      outside: { gate: ticket, why },
    };
  const summary = `${summarizeTargets(plan.previews)}: it does not go under its gate, which ${seats} people must agree to: ${why}`;
  return exit.leave({
    status: 'plan_changed',
    data: { status: 'plan_changed', summary, rule: 'playbook.gate', risk: plan.risk.level },
    steps: { next: trusted`vigie runs retry ${plan.actor.run ?? ''}` },
    text: `plan_changed: ${summary}\nNothing was done.`,
  });
}
