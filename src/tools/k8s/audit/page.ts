import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { describeRef } from '../../../core/ref.ts';
import { cleanLine } from '../../../core/text.ts';
import { joined, type Trusted, trusted } from '../../../core/trusted-text.ts';
import type { Audit } from '../../../diagnosis/audit/audit.ts';
import type { AuditFinding } from '../../../diagnosis/audit/rule.ts';
import { rules } from '../../../diagnosis/audit/rules/index.ts';
import { fittingRows, sentBytes } from '../../text-table.ts';
import type { AuditAnswer, ShownPlace, ShownRule } from './answer.ts';

// As much as a diagnosis of a broken cluster costs whoever reads it.
const pageBytes = 17_000;
// Of a rule that many objects break, so many are named where all do not fit; fewer where that is still too much.
const named = [5, 3, 2, 1];
const messageChars = 300;
const mostNotChecked = 12;

export interface Asked {
  place: string;
  /** Only this rule, with all its places and patches. */
  rule: string | undefined;
  /** Absent: everything was asked for. */
  namespace?: string;
  skip: number;
  tool: 'k8s_audit' | 'manifests_lint';
  notChecked: readonly string[];
  budgetBytes: number;
  lineOf?: (finding: AuditFinding) => number | undefined;
}

/** @throws VigieError INVALID_INPUT: there is no such rule; details: nearest */
export function answerOf(found: Audit, asked: Asked): AuditAnswer {
  refuseUnknown(asked.rule);
  const about = found.findings.filter(({ rule }) => asked.rule === undefined || rule === asked.rule);
  const told = about.filter(({ severity }) => severity !== 'note');
  const notes = countsOf(found.findings.filter(({ severity }) => severity === 'note'));
  // Asked for by its name, a rule is told with what else is counted only.
  const { shown, truncated, next } = pageOf(asked.rule === undefined ? told : about, asked);
  const rest = asked.notChecked.length - mostNotChecked;
  return {
    summary: summaryOf(found, { told, place: asked.place }),
    rules: shown,
    notes,
    excepted: [...found.excepted].map(([rule, count]) => ({ rule, count })),
    notChecked: [...asked.notChecked.slice(0, mostNotChecked), ...(rest > 0 ? [`and ${rest} more`] : [])],
    truncated,
    ...(next === undefined ? {} : { next }),
  };
}

function pageOf(
  findings: readonly AuditFinding[],
  asked: Asked,
): { shown: ShownRule[]; truncated: boolean; next?: string } {
  const { rule, namespace, skip, tool, budgetBytes } = asked;
  const whole = groupsOf(findings, place => shownPlace(place, asked));
  if (budgetBytes > limits.answerBytes) return { shown: whole, truncated: false };
  if (rule !== undefined) {
    const [group] = whole;
    if (group === undefined) return { shown: [], truncated: false };
    const rest = group.places.slice(skip);
    const places = fittingRows<ShownPlace & JsonObject>(rest.map(plain), pageBytes);
    const after = skip + places.length;
    const shown = [{ ...group, places }];
    if (places.length >= rest.length) return { shown, truncated: false };
    return { shown, truncated: true, next: callOf(tool, { rule, namespace, skip: after }) };
  }
  if (fits(whole)) return { shown: whole, truncated: false };
  const call = callOf(tool, { rule: whole[0]?.rule ?? '', namespace });
  const next = joined([trusted`All places of a rule, and their patches`, call], ': ');
  for (const most of named) {
    const shown = whole.map(group => ({ ...group, places: group.places.slice(0, most).map(brief) }));
    if (fits(shown) || most === named.at(-1)) return { shown, truncated: true, next };
  }
  return { shown: whole, truncated: false };
}

function callOf(
  tool: Asked['tool'],
  { rule, namespace, skip }: { rule: string; namespace: string | undefined; skip?: number },
): Trusted {
  const start =
    namespace === undefined
      ? trusted`${tool} {"rule": "${rule}"`
      : trusted`${tool} {"namespace": "${namespace}", "rule": "${rule}"`;
  return joined([start, skip === undefined ? trusted`}` : trusted`, "skip": ${skip}}`], '');
}

function plain(place: ShownPlace): ShownPlace & JsonObject {
  return { ...place };
}

function fits(groups: readonly ShownRule[]): boolean {
  return (
    groups.reduce((sum, group) => sum + sentBytes({ ...group, places: group.places.map(plain) }), 0) <=
    pageBytes
  );
}

function brief({ object, path, message, line }: ShownPlace): ShownPlace {
  return { object, path, message, ...(line === undefined ? {} : { line }) };
}

/** By rule, the gravest first. */
function groupsOf(
  findings: readonly AuditFinding[],
  show: (finding: AuditFinding) => ShownPlace,
): ShownRule[] {
  return [...Map.groupBy(findings, ({ rule }) => rule)].flatMap(([rule, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { severity } = first;
    const title = rules.find(({ id }) => id === rule)?.title ?? rule;
    const places = own.map(each => ({
      ...show(each),
      ...(each.severity === severity ? {} : { severity: each.severity }),
    }));
    const same = first.question !== undefined && own.every(({ question }) => question === first.question);
    const shown = same ? places.map(({ question: _told, ...place }) => place) : places;
    const asks = same && first.question !== undefined ? { question: first.question } : {};
    return [{ rule, severity, title, count: own.length, ...asks, places: shown }];
  });
}

function shownPlace(finding: AuditFinding, { lineOf }: Asked): ShownPlace {
  const { object, path, message, patch, adds, question } = finding;
  const line = lineOf?.(finding);
  return {
    object: describeRef(object),
    path: cleanLine(path, messageChars),
    message: cleanLine(message, messageChars),
    ...(patch === undefined ? {} : { patch: asJson(patch) }),
    ...(adds === undefined ? {} : { adds: asJson(adds) }),
    ...(question === undefined ? {} : { question }),
    ...(line === undefined ? {} : { line }),
  };
}

function countsOf(findings: readonly AuditFinding[]): { rule: string; count: number }[] {
  return [...Map.groupBy(findings, ({ rule }) => rule)].map(([rule, own]) => ({ rule, count: own.length }));
}

function summaryOf(
  { objects, system }: Audit,
  { told, place }: { told: readonly AuditFinding[]; place: string },
): string {
  const counts = (['high', 'medium', 'low'] as const).flatMap(severity => {
    const count = told.filter(each => each.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const of = `of ${objects} object${objects === 1 ? '' : 's'}`;
  const hidden = system === 0 ? '' : `; ${system} in the cluster's own namespaces, shown where one is named`;
  return `${place}: ${counts.length === 0 ? 'nothing found' : counts.join(', ')} ${of}${hidden}`;
}

function refuseUnknown(rule: string | undefined): void {
  const ids = rules.map(({ id }) => id);
  if (rule === undefined || ids.includes(rule)) return;
  const nearest = nearestNames(rule, ids);
  throw new VigieError('INVALID_INPUT', `There is no rule named ${rule}`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : 'docs/audit-rules.md lists them.',
    details: { nearest },
  });
}

/** What was left out is absent in JSON. */
function asJson(value: JsonObject): NonNullable<ShownPlace['patch']> {
  return JSON.parse(JSON.stringify(value));
}
