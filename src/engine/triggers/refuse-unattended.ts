import type { Playbook, Step } from '../../core/playbook.ts';
import type { Denial } from '../../core/policy.ts';
import { admit } from '../../pipeline/admit.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { nestedSteps, sectionsOf } from '../language/check/known-steps.ts';

/**
 * Why nothing of a playbook begins without a person; undefined: it may. What starts by itself stands in vigie.yaml, so an
 * approver must have accepted that, but for a sandbox, where nothing is at stake. Where no change would be made, one that
 * makes changes is not begun only to fail.
 */
export async function refuseUnattended(
  vigie: Vigie,
  { environment, playbook }: { environment: string; playbook: Playbook },
): Promise<Denial | undefined> {
  const where = environmentOf(vigie, { environment });
  if (where.view.kind !== 'sandbox' && !(await vigie.policy()).accepted)
    return {
      rule: 'policy.unaccepted',
      why: 'no approver has accepted this vigie.yaml, and it says what starts by itself: vigie policy accept',
    };
  return mayChange(vigie, playbook) ? admit(vigie, where) : undefined;
}

/** Whether a step changes something, or calls a playbook, which may. */
function mayChange({ tools }: Vigie, playbook: Playbook): boolean {
  const changing = new Set(tools.filter(({ kind }) => kind === 'change').map(({ name }) => name));
  const changes = (step: Step): boolean =>
    step.verb === 'playbook' ||
    toolsOf(step).some(tool => changing.has(tool)) ||
    nestedSteps(step).some(({ steps }) => steps.some(changes));
  return sectionsOf(playbook).some(({ steps }) => steps.some(changes));
}

function toolsOf(step: Step): string[] {
  if (step.verb === 'tool') return [step.tool];
  return step.verb === 'foreach' && 'action' in step.each ? [step.each.action.tool] : [];
}
