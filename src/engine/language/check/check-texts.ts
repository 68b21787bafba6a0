import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import type { ApprovalStep } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { CheckedExpression, ExpressionChecker } from '../expressions/check-expression.ts';
import type { StepReference } from '../expressions/references.ts';
import { readTemplate } from '../expressions/template.ts';
import type { NearNames } from '../near-names.ts';
import type { Place } from '../read-playbook.ts';
import type { AnsweredFields } from './answered-fields.ts';
import type { Flow } from './flow.ts';
import type { KnownStep } from './known-steps.ts';
import type { Report, WrittenExpression } from './report.ts';

type Checked = Exclude<CheckedExpression, { problems: unknown }>;

/** What expressions are checked against. */
export interface Texts {
  report: Report;
  checker: ExpressionChecker;
  steps: ReadonlyMap<string, KnownStep>;
}

/** One expression: it can be typed, and what it reads of steps is there. Undefined: it was reported. */
export function checkExpression(
  { report, checker, steps }: Texts,
  written: WrittenExpression,
  flow: Flow,
): Checked | undefined {
  if (report.full) return undefined;
  const checked = checker.check(written.source, flow);
  if ('problems' in checked) {
    for (const problem of checked.problems) report.addIn(written, problem);
    return undefined;
  }
  for (const at of checked.references.unnamed)
    report.addIn(written, {
      at,
      message: 'steps are read by their ids',
      fix: 'For example: steps.look.output.total',
    });
  const { askedAfter } = checked.references;
  for (const reference of checked.references.steps) {
    const asksAfter = askedAfter.some(({ id, field }) => id === reference.id && field === reference.field);
    const problem = problemOf({ ...reference, asksAfter }, { steps, flow, near: report.near });
    if (problem !== undefined) report.addIn(written, { at: reference.start, ...problem });
  }
  for (const { id, field, value, start } of checked.references.compared) {
    const known = steps.get(id)?.step;
    if (known?.verb !== 'approval' || field !== 'decision' || isDecision(value, known)) continue;
    report.addIn(written, {
      at: start,
      message: `the decision of ${id} is never ${value}`,
      fix: 'It is approved, nothing where there is nothing to approve, or skipped with onTimeout: skip. A rejection ends the run: what is then done stands under onFailure.',
    });
  }
  return checked;
}

function isDecision(value: string, { approval }: ApprovalStep): boolean {
  return (
    value === 'approved' || value === 'nothing' || (value === 'skipped' && approval.onTimeout === 'skip')
  );
}

/** A condition: an expression that comes to true or false. */
export function checkCondition(texts: Texts, written: WrittenExpression, flow: Flow): Checked | undefined {
  const checked = checkExpression(texts, written, flow);
  if (checked !== undefined && !['bool', 'dyn'].includes(checked.type))
    texts.report.addIn(written, {
      at: 0,
      message: `a condition must be true or false, and this is ${checked.type}`,
      fix: 'Compare it with something: … == "x", size(…) > 0',
    });
  return checked;
}

/** Every expression in a value. */
export function checkTexts(texts: Texts, { value, place }: { value: Json; place: Place }, flow: Flow): void {
  for (const written of expressionsIn(texts.report, { value, place })) checkExpression(texts, written, flow);
}

/** Every expression in a value, where it stands; one that does not end is reported. */
export function* expressionsIn(
  report: Report,
  { value, place }: { value: Json; place: Place },
): Generator<WrittenExpression> {
  if (typeof value === 'string') {
    const { embedded, open } = readTemplate(value);
    if (open !== undefined)
      report.add(place, {
        message: 'an expression begins here and does not end',
        fix: 'Write }} behind it, and close its quotes and braces.',
      });
    for (const [nth, { source, lead }] of embedded.entries()) yield { place, source, nth, lead };
  } else if (Array.isArray(value))
    for (const [index, item] of value.entries())
      yield* expressionsIn(report, { value: item, place: [...place, index] });
  else if (isObject(value))
    for (const [key, member] of Object.entries(value))
      yield* expressionsIn(report, { value: member ?? null, place: [...place, key] });
}

/** Every expression in the values of a mapping. */
export function checkTextsOf(
  texts: Texts,
  { values, place }: { values: JsonObject; place: Place },
  flow: Flow,
): void {
  checkTexts(texts, { value: values, place }, flow);
}

function problemOf(
  { id, member, field, guarded, asksAfter }: StepReference & { asksAfter: boolean },
  { steps, flow, near }: { steps: ReadonlyMap<string, KnownStep>; flow: Flow; near: NearNames },
): { message: string; fix: string } | undefined {
  const known = steps.get(id);
  if (known === undefined) {
    return {
      message: `there is no step ${id}`,
      fix: near.fix(id, steps.keys(), trusted`Steps: ${[...steps.keys()]}.`),
    };
  }
  if (member !== 'output' && member !== 'ok')
    return {
      message: member === undefined ? `a step itself is no value` : `a step has no ${member}`,
      fix: trusted`Read steps.${id}.output, or steps.${id}.ok: whether it ended well.`,
    };
  if (!flow.sure.has(id) && !flow.maybe.has(id)) return unseen(id, known);
  if (member === 'ok') return undefined;
  if (!flow.sure.has(id) && !guarded)
    return {
      message: `${id} may not have run or may have failed here`,
      fix: trusted`Ask first: steps.${id}.ok && …, or steps.${id}.ok ? … : …, or if: steps.${id}.ok`,
    };
  return known.fields === undefined
    ? undefined
    : problemOfField(known.fields, { field, asksAfter, of: id, near });
}

/** Why `of` does not answer a field; undefined: it does, or none is named, or it may be missing, which the reader asks. */
export function problemOfField(
  { names, unasked }: AnsweredFields,
  {
    field,
    asksAfter,
    of,
    near,
  }: { field: string | undefined; asksAfter: boolean; of: string; near: NearNames },
): { message: string; fix: string } | undefined {
  if (field === undefined) return undefined;
  if (!names.includes(field))
    return {
      message: `${of} answers no ${field}`,
      fix: near.fix(field, names, trusted`It answers ${names}.`),
    };
  const asking = asksAfter ? undefined : unasked.get(field);
  if (asking === undefined) return undefined;
  return {
    message: `${of} answers ${field} only where it is asked for: ${asking}`,
    fix: `Add it to the arguments of ${of}: with: {${asking}, …}`,
  };
}

function unseen(id: string, { within }: KnownStep): { message: string; fix: string } {
  return within === undefined
    ? {
        message: `${id} has not run yet here`,
        fix: 'Read only steps that stand before, and in the same branch.',
      }
    : {
        message: `${id} runs once for each item of ${within}`,
        fix: trusted`Read the list of all: steps.${within}.output.items`,
      };
}
