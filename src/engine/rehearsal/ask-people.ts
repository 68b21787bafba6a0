import type { ApprovalStep } from '../../core/playbook.ts';
import type { RehearsedStep } from '../../core/rehearsal.ts';
import type { AskedInVain } from '../asked-in-vain.ts';
import { shownStep } from '../interpreter/said-of-step.ts';
import { withoutItems } from './steps-by-path.ts';
import type { PlayedStep } from './steps-of-run.ts';

/**
 * Asks of each approval that was come to whether enough people could give it: on a copy they agree at once. Answers with the
 * steps as they are told, and with the approvals that too few could give, one of a loop once.
 */
export async function askPeople(
  played: readonly PlayedStep[],
  tooFew: (approval: ApprovalStep['approval']) => Promise<string | undefined>,
): Promise<{ steps: RehearsedStep[]; vain: AskedInVain[] }> {
  const known = new Map<ApprovalStep['approval'], string | undefined>();
  const vain = new Map<string, AskedInVain>();
  const steps: RehearsedStep[] = [];
  for (const { asked, ...step } of played) {
    if (asked !== undefined && !known.has(asked)) known.set(asked, await tooFew(asked));
    const why = asked && known.get(asked);
    const { change } = step;
    if (asked === undefined || why === undefined || change === undefined) {
      steps.push(step);
      continue;
    }
    steps.push({ ...step, change: { ...change, nobodyAgrees: why } });
    const place = shownStep(withoutItems(step.path));
    vain.set(place, { step: spokenOf(place, asked), why, skips: asked.onTimeout === 'skip' });
  }
  return { steps, vain: [...vain.values()] };
}

/** A number says little to people: what has no name is called by what it is for. */
function spokenOf(place: string, approval: ApprovalStep['approval']): string {
  return place.replace(/\S*#\d+$/, () => `the approval of ${approval.for.join(', ')}`);
}
