import { describeRef } from '../../../core/ref.ts';
import type { DiagnosisAnswer, ShownFinding, ShownFix } from './answer.ts';

/** A diagnosis as it is read: a block a finding, root causes first; `call` spells a fix for whoever reads. */
export function renderDiagnosis(answer: DiagnosisAnswer, call: (fix: ShownFix) => string): string {
  const { summary, findings, notes, notChecked, next } = answer;
  const remarks = notes.map(({ code, count }) => `${code} ${count}`).join(', ');
  const rest = [
    ...(remarks === '' ? [] : [`notes: ${remarks}`]),
    ...notChecked.map(line => `not checked: ${line}`),
    ...(next === undefined ? [] : [`next: ${next}`]),
  ];
  const blocks = findings.flatMap(finding => ['', ...block(finding, call)]);
  return [summary, ...blocks, ...(rest.length === 0 || blocks.length === 0 ? [] : ['']), ...rest].join('\n');
}

function block(finding: ShownFinding, call: (fix: ShownFix) => string): string[] {
  const { code, severity, object, summary, cause, evidence, explains = [], fixes, question } = finding;
  const { also = [], count = 1, withheld = [], confidence } = finding;
  const more = count - 1 - also.length;
  return [
    `${severity.toUpperCase()} ${code} ${describeRef(object)}: ${summary}`,
    ...(cause === undefined ? [] : [`  why: ${cause}`]),
    ...(confidence === 'certain' ? [] : [`  confidence: ${confidence}`]),
    ...evidence.map(line => `  - ${line}`),
    ...(also.length === 0 ? [] : [`  also: ${also.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]),
    ...(explains.length === 0 ? [] : [`  explains: ${explains.join(', ')}`]),
    ...fixes.flatMap(fix => [
      `  fix: ${call(fix)}`,
      `       ${fix.does}${fix.notPreviewed === undefined ? '' : ` (not previewed: ${fix.notPreviewed})`}`,
    ]),
    ...withheld.map(line => `  withheld: ${line}`),
    ...(question === undefined ? [] : [`  question: ${question}`]),
  ];
}
