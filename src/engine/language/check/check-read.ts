import type { PlaybookCheck } from '../../../core/playbook.ts';
import type { Place } from '../read-playbook.ts';
import { answeredFields } from './answered-fields.ts';
import { checkCall } from './check-call.ts';
import { checkCondition, checkTexts, problemOfField } from './check-texts.ts';
import { type Flow, withNames } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** A read that is repeated until its condition is so. */
export async function checkRead(
  around: Surroundings,
  { check, place }: { check: PlaybookCheck; place: Place },
  flow: Flow,
): Promise<void> {
  const tool = await checkCall(
    around,
    {
      call: check,
      place,
      must: {
        be: 'read',
        why: 'changes something, and would do so again and again',
        fix: 'Name a tool that reads.',
      },
    },
    flow,
  );
  const written = { place: [...place, 'until'], source: check.until };
  const checked = checkCondition(around, written, withNames(flow, ['output']));
  if (tool !== undefined) {
    const answered = answeredFields(tool, check.with);
    for (const { at, ...read } of checked?.outputFields ?? []) {
      const problem = problemOfField(answered, { ...read, of: check.tool, near: around.report.near });
      if (problem !== undefined) around.report.addIn(written, { at, ...problem });
    }
  }
  checkTexts(around, { value: check.otherwise ?? '', place: [...place, 'otherwise'] }, flow);
  if (checked?.constant === true)
    around.report.add(written.place, {
      message: 'what is waited for does not depend on the answer',
      fix: 'Ask about output, for example: output.total == 0',
    });
}
