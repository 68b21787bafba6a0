import type { AuditAnswer, ShownPlace, ShownRule } from './answer.ts';

// Of more, an audit is read by rule; the rule by its name shows all.
const mostRead = 5;

/**
 * An audit as it is read: a block a rule, the gravest first. `whole`: every place, with its path and patch; else `more` says
 * how to see those.
 */
export function renderAudit(answer: AuditAnswer, { whole, more }: { whole: boolean; more: string }): string {
  const { summary, rules, notes, excepted, notChecked, next } = answer;
  const blocks = rules.flatMap(rule => ['', ...block(rule, whole)]);
  const list = (counts: AuditAnswer['notes']) =>
    counts.map(({ rule, count }) => `${rule} ${count}`).join(', ');
  const rest = [
    ...(notes.length === 0 ? [] : [`notes: ${list(notes)}`]),
    ...(excepted.length === 0 ? [] : [`excepted: ${list(excepted)}`]),
    ...notChecked.map(line => `not checked: ${line}`),
    ...(next === undefined ? [] : [`next: ${next}`]),
    ...(next === undefined && !whole && rules.some(isCut) ? [`next: ${more}`] : []),
  ];
  return [summary, ...blocks, ...(rest.length === 0 || blocks.length === 0 ? [] : ['']), ...rest].join('\n');
}

function block({ rule, severity, title, count, question, places }: ShownRule, whole: boolean): string[] {
  const shown = whole ? places : places.slice(0, mostRead);
  return [
    `${severity.toUpperCase()} ${rule} (${count}): ${title}`,
    ...shown.flatMap(place => placeLines(place, { patched: whole || count === 1 })),
    ...(count > shown.length ? [`  and ${count - shown.length} more`] : []),
    ...(question === undefined ? [] : [`  question: ${question}`]),
  ];
}

/** Whether it has more to say than is read. */
function isCut({ count, places }: ShownRule): boolean {
  return (
    count > 1 &&
    (count > mostRead || places.some(({ patch, adds }) => patch !== undefined || adds !== undefined))
  );
}

function placeLines(
  { object, path, message, severity, patch, adds, question, file, line }: ShownPlace,
  { patched }: { patched: boolean },
): string[] {
  const where = line === undefined ? '' : `${file === undefined ? 'line ' : `${file}:`}${line} `;
  const at = patched ? ` ${path}` : '';
  const grave = severity === undefined ? '' : ` (${severity})`;
  return [
    `  - ${where}${object}${at}: ${message}${grave}`,
    ...(patch === undefined || !patched ? [] : [`    patch: ${JSON.stringify(patch)}`]),
    ...(adds === undefined || !patched ? [] : [`    add: ${JSON.stringify(adds)}`]),
    ...(question === undefined ? [] : [`    question: ${question}`]),
  ];
}
