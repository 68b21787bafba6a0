import type { ApprovalStep, Step } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import type { Place } from '../read-playbook.ts';
import { checkCovered } from './check-covered.ts';
import type { Flow } from './flow.ts';
import { type KnownStep, nestedSteps } from './known-steps.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * What an approval is for: steps that come later in its own list or within them, and change something that can be known
 * where people are asked.
 */
export function checkApproval(
  around: Surroundings,
  at: { step: ApprovalStep; place: Place; beside: { steps: readonly Step[]; place: Place } },
  flow: Flow,
): void {
  const { report } = around;
  const ids = new Set<string>();
  for (const [index, id] of at.step.approval.for.entries()) {
    const mistake = mistakeIn(around, { ...at, id });
    if (mistake === undefined) ids.add(id);
    else report.add([...at.place, 'approval', 'for', index], mistake);
  }
  checkCovered(around, { ...at.beside, ids }, flow);
}

function mistakeIn(
  { report, steps, orders, tools }: Surroundings,
  at: { step: ApprovalStep; place: Place; beside: { place: Place }; id: string },
): { message: string; fix: string } | undefined {
  const { step, beside, id } = at;
  const named = steps.get(id);
  if (named === undefined)
    return {
      message: `there is no step ${id}`,
      fix: report.near.fix(id, steps.keys(), trusted`Steps: ${[...steps.keys()]}.`),
    };
  const order = orders.get(step) ?? 0;
  if (named.order <= order)
    return { message: `${id} does not run after this`, fix: 'Move the approval before it.' };
  if (!beside.place.every((part, index) => named.place[index] === part))
    return {
      message: `${id} stands in another list of steps`,
      fix: 'Put the approval into the list that it stands in, or into one around that.',
    };
  if (!changes(named.step, tools))
    return {
      message: `${id} changes nothing, so there is nothing to approve`,
      fix: 'Name the steps that change something.',
    };
  const asked = [...orders].flatMap(([each, before]) =>
    each.verb === 'approval' && before < order ? each.approval.for : [],
  );
  const other = asked.find(each => meets(named, steps.get(each)));
  if (other === undefined) return undefined;
  const what = other === id ? id : `${id} with ${other}`;
  return { message: `people are asked about ${what} before already`, fix: 'Ask about a step once.' };
}

/** Whether one of two steps is the other, or stands within it: a call in both would have two gates. */
function meets(one: KnownStep, other: KnownStep | undefined): boolean {
  if (other === undefined) return false;
  const [outer, inner] =
    one.place.length < other.place.length ? [one.place, other.place] : [other.place, one.place];
  return outer.every((part, index) => inner[index] === part);
}

/** Whether a step can change something; a tool that is not known may. */
function changes(step: Step, tools: ReadonlyMap<string, Tool>): boolean {
  const nested = nestedSteps(step).flatMap(({ steps }) => steps);
  if (nested.length > 0) return nested.some(each => changes(each, tools));
  if (step.verb === 'playbook') return true;
  const action = step.verb === 'foreach' && 'action' in step.each ? step.each.action : step;
  return 'tool' in action && tools.get(action.tool)?.kind !== 'read';
}
