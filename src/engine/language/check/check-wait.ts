import type { WaitStep } from '../../../core/playbook.ts';
import { readTemplate } from '../expressions/template.ts';
import type { Place } from '../read-playbook.ts';
import { checkRead } from './check-read.ts';
import { checkTexts } from './check-texts.ts';
import type { Flow } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** A wait: for what is read, or until a moment that is one. */
export async function checkWait(
  around: Surroundings,
  { step, place }: { step: WaitStep; place: Place },
  flow: Flow,
): Promise<void> {
  const { wait } = step;
  if ('tool' in wait) await checkRead(around, { check: wait, place: [...place, 'wait'] }, flow);
  if (!('at' in wait)) return;
  const where = [...place, 'wait', 'at'];
  checkTexts(around, { value: wait.at, place: where }, flow);
  if (readTemplate(wait.at).embedded.length === 0 && !isMoment(wait.at))
    around.report.add(where, {
      message: 'that is no moment',
      fix: 'For example: at: "2027-01-31T06:00:00Z"',
    });
}

function isMoment(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    Number.isFinite(Date.parse(text))
  );
}
