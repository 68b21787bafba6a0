import type { PlaybookStep } from '../../../core/playbook.ts';
import type { Place } from '../read-playbook.ts';
import { checkHandedOver } from './check-inputs.ts';
import { checkTexts } from './check-texts.ts';
import type { Flow } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** A call of another playbook: it is there, and is handed what it takes. */
export async function checkCalled(
  around: Surroundings,
  { step, place }: { step: PlaybookStep; place: Place },
  flow: Flow,
): Promise<void> {
  checkTexts(around, { value: step.with, place: [...place, 'with'] }, flow);
  const called = await around.called(step.playbook);
  if (called === undefined) {
    around.report.add([...place, 'playbook'], {
      message: `there is no playbook ${step.playbook} that can be read`,
      fix: 'vigie playbooks list; of a file elsewhere, name both to lint',
    });
    return;
  }
  checkHandedOver(around.report, {
    given: step.with,
    inputs: called.inputs,
    place: [...place, 'with'],
    to: step.playbook,
  });
}
