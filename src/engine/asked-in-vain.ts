import type { ApprovalStep, Playbook, Step } from '../core/playbook.ts';
import { nestedSteps, sectionsOf } from './language/check/known-steps.ts';

/** An approval that too few people could give. */
export interface AskedInVain {
  /** Its id, or what it is for; with the playbook before it where that is a called one. */
  step: string;
  why: string;
  /** What is left out then, and the run goes on; else it fails. */
  skips: boolean;
}

/** The approvals of a playbook, and of those that it calls, that too few people could give. */
export async function askedInVain(
  playbook: Playbook,
  {
    named,
    tooFew,
  }: {
    /** Undefined: it cannot be run, so it asks nobody. */
    named: (name: string) => Promise<{ playbook: Playbook } | undefined>;
    /** Why too few could; undefined: enough could. */
    tooFew: (approval: ApprovalStep['approval']) => Promise<string | undefined>;
  },
): Promise<AskedInVain[]> {
  const found: AskedInVain[] = [];
  const seen = new Set<string>();
  const visit = async (at: Playbook, prefix: string): Promise<void> => {
    seen.add(at.metadata.name);
    for (const step of sectionsOf(at).flatMap(({ steps }) => steps.flatMap(withNested))) {
      if (step.verb === 'playbook' && !seen.has(step.playbook)) {
        const called = await named(step.playbook);
        if (called !== undefined) await visit(called.playbook, `${step.playbook}: `);
      }
      if (step.verb !== 'approval') continue;
      const { id, approval } = step;
      const why = await tooFew(approval);
      if (why === undefined) continue;
      const name = id ?? `the approval of ${approval.for.join(', ')}`;
      const skips = approval.onTimeout === 'skip';
      found.push({ step: `${prefix}${name}`, why, skips });
    }
  };
  await visit(playbook, '');
  return found;
}

function withNested(step: Step): Step[] {
  return [step, ...nestedSteps(step).flatMap(({ steps }) => steps.flatMap(withNested))];
}
