import { readTemplate } from '../expressions/template.ts';
import type { Place } from '../read-playbook.ts';
import { checkExpression } from './check-texts.ts';
import type { Flow } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** What a foreach goes through: a list that is written out, or an expression that comes to one. */
export function checkList(
  around: Surroundings,
  { list, place }: { list: string | readonly unknown[]; place: Place },
  flow: Flow,
): void {
  if (typeof list !== 'string') {
    if (list.length === 0)
      around.report.add(place, { message: 'the list is empty: the step never runs', fix: 'Name an item.' });
    return;
  }
  const { embedded, whole } = readTemplate(list);
  const [only] = embedded;
  if (!whole || only === undefined) {
    around.report.add(place, {
      message: 'what is gone through must be a list, and a text is none',
      fix: 'For example: in: "${{ steps.look.output.findings }}"',
    });
    return;
  }
  const written = { place, source: only.source, nth: 0, lead: only.lead };
  const checked = checkExpression(around, written, flow);
  if (checked !== undefined && checked.type !== 'dyn' && !checked.type.startsWith('list'))
    around.report.addIn(written, {
      at: 0,
      message: `what is gone through must be a list, and this is ${checked.type}`,
      fix: 'For example: in: "${{ steps.look.output.findings }}"',
    });
}
