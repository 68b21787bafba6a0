import { describeRef } from '../../../core/ref.ts';
import type { DiagnosisAnswer, ShownFinding, ShownFix } from './answer.ts';

/**
 * A diagnosis as it is read: a block a finding, root causes first; `call` spells a fix for whoever reads, and `notes` what
 * has the notes told.
 */
export function renderDiagnosis(
  answer: DiagnosisAnswer,
  { call, notes: asking }: { call: (fix: ShownFix) => string; notes: string },
): string {
  const { summary, findings, notes, notChecked, next } = answer;
  const remarks = notes.map(({ code, count }) => `${code} ${count}`).join(', ');
  const told = notes.flatMap(({ code, count, told: lines }) =>
    lines === undefined
      ? []
      : [
          ...lines.map(line => `  ${code} ${line}`),
          ...(lines.length < count ? [`  ${code} and ${count - lines.length} more`] : []),
        ],
  );
  const rest = [
    ...(remarks === ''
      ? []
      : [`notes: ${remarks}${told.length === 0 ? ` (${asking} tells them)` : ''}`, ...told]),
    ...notChecked.map(line => `not checked: ${line}`),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ].map(oneLine);
  const blocks = findings.flatMap(finding => ['', ...block(finding, call)]);
  const space = rest.length === 0 || blocks.length === 0 ? [] : [''];
  return [oneLine(summary), ...blocks, ...space, ...rest].join('\n');
}

/** What the cluster calls its objects cannot begin a line, which would look like one of ours. */
function oneLine(line: string): string {
  return line.replaceAll(/\s*\n\s*/g, ' ');
}

/** One finding as it is read. */
export function block(finding: ShownFinding, call: (fix: ShownFix) => string): string[] {
  const { code, severity, object, summary, cause, evidence, explains = [], fixes, question } = finding;
  const { also = [], count = 1, withheld = [], confidence } = finding;
  const more = count - 1 - also.length;
  const facts = [
    `${severity.toUpperCase()} ${code} ${describeRef(object)}: ${summary}`,
    ...(cause === undefined ? [] : [`  why: ${cause}`]),
    ...(confidence === 'certain' ? [] : [`  confidence: ${confidence}`]),
    ...evidence.map(line => `  - ${line}`),
    ...(also.length === 0 ? [] : [`  also: ${also.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]),
    ...(explains.length === 0 ? [] : [`  explains: ${explains.join(', ')}`]),
  ];
  // A call may bring a manifest on lines of its own.
  const calls = fixes.flatMap(fix => [
    `  fix: ${call(fix)}`,
    oneLine(
      `       ${fix.does}${fix.notPreviewed === undefined ? '' : ` (not previewed: ${fix.notPreviewed})`}`,
    ),
  ]);
  const open = [
    ...withheld.map(line => `  withheld: ${line}`),
    ...(question === undefined ? [] : [`  question: ${question}`]),
  ];
  return [...facts.map(oneLine), ...calls, ...open.map(oneLine)];
}
