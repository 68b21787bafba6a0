import type { AlertmanagerReader } from '../../../clients/alertmanager/reader.ts';
import type { Silence } from '../../../clients/alertmanager/silences.ts';
import type { Rule } from '../../../clients/prometheus/rules.ts';
import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { cleanLine, cleanText } from '../../../core/text.ts';
import { humanDuration } from '../../../kubernetes/duration.ts';
import { type HeldAlert, type JoinedAlert, joinAlerts, type RaisedAlert } from '../../../metrics/alerts.ts';
import { amountText, jsonNumber } from '../../../metrics/amounts.ts';
import { durationText } from '../../../metrics/durations.ts';
import { labelText } from '../../../metrics/label-text.ts';
import { checkQuery } from '../../../metrics/promql/check.ts';
import { type Unit, unitOf } from '../../../metrics/units.ts';
import { type RuleEvaluator, ruleEvaluator } from '../../../toolkit/rule-evaluator.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows } from '../../text-table.ts';
import type { MetricsAlertsAsked } from './input.ts';

const answerBytes = 6_000;
const overheadBytes = 1_000;
const ruleChars = 200;
const summaryChars = 160;
const mutedChars = 160;
// Of one rule: a fault of a whole zone fires once a pod, and the first tell as much.
const mostOfRule = 10;
const mostBroken = 5;
const shortChars = 100;

export async function read({ state, name, format }: MetricsAlertsAsked, context: ToolContext) {
  const { systems } = context;
  const sources = await readSources(context);
  const { rules, held, silences, evaluator, alertmanager } = sources;
  if (name !== undefined) refuseUnknown(name, { sources, context });
  const all = joinAlerts(rules.flatMap(raisedBy), held).filter(
    alert => (state === undefined || alert.state === state) && (name === undefined || alert.name === name),
  );
  const broken = rules.filter(({ health }) => health === 'err');
  const groups = [...Map.groupBy(all, ({ name: each }) => each).values()];
  const at = { context, silences, held, nowMs: context.now.getTime() };
  const asData = format === 'json';
  const lines = asData ? [] : groups.flatMap(group => groupLines(group, at));
  const data = asData ? all.map(alert => alertData(alert, at)) : [];
  const forModel = context.budgetBytes <= limits.answerBytes;
  const most = forModel || !asData ? Math.min(context.budgetBytes, answerBytes) : context.budgetBytes;
  const shown = fittingRows<string>(lines, most - overheadBytes);
  const rows = fittingRows(data, most - overheadBytes);
  const firing = all.filter(alert => alert.state === 'firing');
  const muted = all.filter(
    ({ held: by }) => by !== undefined && by.silencedBy.length + by.inhibitedBy.length > 0,
  );
  const facts = {
    firing: firing.length,
    pending: all.length - firing.length,
    muted: muted.length,
    rules: rules.length,
    broken: broken.length,
    shown: asData ? rows.length : shown.length,
    truncated: shown.length < lines.length || rows.length < data.length,
    ...(asData ? { rows } : {}),
  };
  const from = [evaluator?.shown, alertmanager?.shown].filter(each => each !== undefined).join(' and ');
  const notes = [
    ...broken
      .slice(0, mostBroken)
      .map(
        rule =>
          `the rule ${own(rule.name, { context })} cannot be evaluated: ${own(rule.lastError, { context, most: summaryChars })}`,
      ),
    ...(evaluator !== undefined && rules.length === 0
      ? ['there are no alerting rules (those of a VictoriaMetrics are evaluated by metrics.vmalert)']
      : []),
    ...(systems.configured.has('alertmanager')
      ? []
      : ['no Alertmanager is configured: what is muted is not known']),
    ...(facts.truncated ? ['more alerts than are shown: narrow by name or state'] : []),
  ];
  const headline = `${facts.firing} firing (${facts.muted} of them muted), ${facts.pending} pending, of ${facts.rules} rules; from ${from}`;
  return { data: facts, text: [headline, ...shown, ...notes].join('\n') };
}

/** Of a name that is none, zero alerts would read as all well. */
function refuseUnknown(
  name: string,
  { sources: { rules, held, evaluator }, context }: { sources: Sources; context: ToolContext },
): void {
  const names = [...rules.map(rule => rule.name), ...held.map(({ labels }) => labels['alertname'] ?? '')];
  // An Alertmanager alone does not know the rules that raise nothing now.
  if (evaluator === undefined || names.includes(name)) return;
  const near = nearestNames(name, names).map(each => own(each, { context }));
  const nearest = near.length === 0 ? '' : `; nearest: ${near.join(', ')}`;
  throw new VigieError('NOT_FOUND', `There is no alerting rule of that name${nearest}`, {
    hint: 'All that alerts: vigie metrics alerts',
  });
}

interface Sources {
  evaluator: RuleEvaluator | undefined;
  alertmanager: AlertmanagerReader | undefined;
  rules: Rule[];
  held: HeldAlert[];
  silences: Silence[];
}

async function readSources({ systems }: ToolContext): Promise<Sources> {
  const { configured } = systems;
  const alertmanager = configured.has('alertmanager') ? await systems.alertmanager() : undefined;
  // Without either, the error says what to configure.
  const evaluator =
    (await ruleEvaluator(systems)) ?? (alertmanager === undefined ? await systems.prometheus() : undefined);
  const [groups, held, silences] = await Promise.all([
    evaluator?.rules(),
    alertmanager?.alerts(),
    alertmanager?.silences(),
  ]);
  const rules = (groups ?? []).flatMap(group => group.rules).filter(({ kind }) => kind === 'alerting');
  return { evaluator, alertmanager, rules, held: held ?? [], silences: silences ?? [] };
}

function raisedBy({ alerts, query, forSeconds }: Rule): RaisedAlert[] {
  return alerts.map(alert => ({ ...alert, query, forSeconds }));
}

interface Shown {
  context: ToolContext;
  silences: readonly Silence[];
  held: readonly HeldAlert[];
  nowMs: number;
}

/** A line for the rule, and one for each of its alerts below it. */
function groupLines(group: readonly JoinedAlert[], at: Shown): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { context } = at;
  const { raised } = first;
  const rule =
    raised === undefined
      ? 'its rule is another server’s'
      : `${own(raised.query, { context, most: ruleChars })}${raised.forSeconds > 0 ? ` for ${durationText(raised.forSeconds)}` : ''}`;
  const unit = unitOfRule(raised?.query);
  const head = `${own(first.name, { context })}  ${rule}`;
  const summary = first.annotations['summary'] ?? first.annotations['description'];
  const lines = group.slice(0, mostOfRule).map(alert => {
    const value = alert.raised === undefined ? '' : `  ${amountText(alert.raised.value, unit)}`;
    const age = alert.since === undefined ? '?' : humanDuration(at.nowMs - alert.since.getTime());
    const labels = labelText(alert.labels, {
      without: new Map([['alertname', alert.name]]),
      mask: text => context.mask(text),
    });
    return `  ${alert.state} ${age}${value}  ${labels}${mutedText(alert, at)}`;
  });
  const more = group.length > mostOfRule ? [`  and ${group.length - mostOfRule} more of it`] : [];
  return [
    head,
    ...(summary === undefined ? [] : [`  ${own(summary, { context, most: summaryChars })}`]),
    ...lines,
    ...more,
  ];
}

function alertData(alert: JoinedAlert, at: Shown): JsonObject {
  const { context } = at;
  const muted = mutedText(alert, at).trim();
  return {
    name: own(alert.name, { context }),
    state: alert.state,
    since: alert.since === undefined ? null : alert.since.toISOString(),
    value: alert.raised === undefined ? null : jsonNumber(alert.raised.value),
    labels: labelText(alert.labels, {
      without: new Map([['alertname', alert.name]]),
      mask: text => context.mask(text),
    }),
    ...(alert.raised === undefined ? {} : { query: own(alert.raised.query, { context, most: ruleChars }) }),
    ...(muted === '' ? {} : { muted }),
  };
}

/** Every alert holds a value that its expression compares. */
function unitOfRule(query: string | undefined): Unit {
  const tree = query === undefined ? undefined : checkQuery(query).tree;
  return tree === undefined ? { base: 'none', perSecond: false } : unitOf(tree);
}

function mutedText({ held }: JoinedAlert, { silences, held: all, context }: Shown): string {
  if (held === undefined) return '';
  const by = held.silencedBy.map(id => {
    const silence = silences.find(each => each.id === id);
    if (silence === undefined) return `silence ${own(id, { context })}`;
    const until = silence.endsAt.toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
    return `silence ${own(id, { context })} of ${own(silence.createdBy, { context })} until ${until}: ${own(silence.comment, { context, most: mutedChars })}`;
  });
  const inhibiting = held.inhibitedBy.map(fingerprint => {
    const alert = all.find(each => each.fingerprint === fingerprint);
    return `alert ${own(alert?.labels['alertname'] ?? fingerprint, { context })}`;
  });
  return [
    ...(by.length === 0 ? [] : [`  silenced by ${by.join('; ')}`]),
    ...(inhibiting.length === 0 ? [] : [`  inhibited by ${inhibiting.join('; ')}`]),
  ].join('');
}

/** What others wrote: cleaned, masked, and then cut. */
function own(text: string, { context, most = shortChars }: { context: ToolContext; most?: number }): string {
  return cleanLine(context.mask(cleanText(text)), most);
}
