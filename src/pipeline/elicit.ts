import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import type { Within } from '../store/budget.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { renderDiff, summarize } from './diff.ts';
import { executeTicket } from './execute-ticket.ts';
import type { Exit } from './exit.ts';
import { takesClientsAnswer } from './may-approve.ts';
import { toldOf } from './previews-for-asker.ts';
import type { Environment, Vigie } from './vigie.ts';

/**
 * The MCP client's own prompt, where policy says `elicitation: true`, for low and medium risk, where neither approvers are
 * named nor four eyes wanted. It counts as an unauthenticated answer and is recorded so, and it spends what policy allows
 * to go by itself: whoever controls the client says yes. Undefined: the ticket goes on waiting for a person.
 */
export async function elicit(
  vigie: Vigie,
  at: {
    asked: CallResult & { ticket: string };
    plan: Plan;
    within: Within;
    environment: Environment;
    call: Call;
    exit: Exit;
  },
): Promise<CallResult | undefined> {
  const { plan, environment, call, exit } = at;
  if (call.elicit === undefined || !takesClientsAnswer(environment.rules, plan)) return undefined;
  const said = await textsOf(call.input);
  const redactor = exit.redactor.leaving(said);
  const answer = await call.elicit({
    summary: redactor.text(summarize(toldOf(plan.previews), redactor)),
    diff: await renderDiff(toldOf(plan.previews), redactor),
    risk: plan.risk.level,
    ticket: at.asked.ticket,
    digest: plan.digest,
  });
  if (answer !== 'accept') return undefined;
  const { changes } = await vigie.store();
  const over = await changes.spend({ plan, within: at.within });
  if (over !== undefined) {
    const { rule, why } = over.instead;
    const { status, data } = at.asked;
    const [first = '', ...others] = at.asked.text.split('\n');
    const uncounted = `The client's own answer does not count, by ${rule}: ${why}.`;
    const text = [first, uncounted, ...others].join('\n');
    return exit.leave({ status, data: { ...data, rule }, text, said });
  }
  return executeTicket(vigie, {
    id: at.asked.ticket,
    approval: { unsigned: 'unauthenticated-client', by: call.actor.name },
    said,
    signal: call.signal,
    progress: message => call.progress?.(message),
  });
}
