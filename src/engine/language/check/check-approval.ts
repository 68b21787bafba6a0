import type { ApprovalStep, Step } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import type { Place } from '../read-playbook.ts';
import { nestedSteps } from './known-steps.ts';
import type { Surroundings } from './surroundings.ts';

/** What an approval is for: steps that come later, and change something. */
export function checkApproval(
  { report, steps, orders, tools }: Surroundings,
  { step, place }: { step: ApprovalStep; place: Place },
): void {
  const order = orders.get(step) ?? 0;
  for (const [index, id] of step.approval.for.entries()) {
    const where = [...place, 'approval', 'for', index];
    const named = steps.get(id);
    if (named === undefined) {
      report.add(where, {
        message: `there is no step ${id}`,
        fix: report.near.fix(id, steps.keys(), trusted`Steps: ${[...steps.keys()]}.`),
      });
    } else if (named.order <= order)
      report.add(where, { message: `${id} does not run after this`, fix: 'Move the approval before it.' });
    else if (!changes(named.step, tools))
      report.add(where, {
        message: `${id} changes nothing, so there is nothing to approve`,
        fix: 'Name the steps that change something.',
      });
  }
}

/** Whether a step can change something; a tool that is not known may. */
function changes(step: Step, tools: ReadonlyMap<string, Tool>): boolean {
  const nested = nestedSteps(step).flatMap(({ steps }) => steps);
  if (nested.length > 0) return nested.some(each => changes(each, tools));
  if (step.verb === 'playbook') return true;
  const action = step.verb === 'foreach' && 'action' in step.each ? step.each.action : step;
  return 'tool' in action && tools.get(action.tool)?.kind !== 'read';
}
