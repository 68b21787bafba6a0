import type { Change } from '../../../core/change.ts';
import { sha256Hex } from '../../../core/digest.ts';
import { VigieError } from '../../../core/errors.ts';
import { type JsonObject, memberOf, objectsIn } from '../../../core/json.ts';
import { hiddenCharacters } from '../../../core/text.ts';
import { durationSeconds } from '../../../metrics/durations.ts';
import { checkQuery } from '../../../metrics/promql/check.ts';
import { editRuleText, withGroup } from '../../../metrics/rule-text.ts';
import { notConfigured } from '../../../toolkit/not-configured.ts';
import type { RulesPlace } from '../../../toolkit/systems.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import type { AskedRule } from '../rule.ts';

interface Asked {
  name: string;
  group?: string | undefined;
  rules?: AskedRule[] | undefined;
  delete?: true | undefined;
  tests?: Record<string, unknown>[] | undefined;
}

interface Group {
  name: string;
  /** Undefined: the group is to go. */
  rules: JsonObject[] | undefined;
}

export async function planRule(asked: Asked, context: ToolContext): Promise<Change[]> {
  if ((asked.rules === undefined) === (asked.delete === undefined))
    throw wrong('rules', 'give either rules or delete');
  const { systems } = context;
  if (systems.rules === undefined) throw notConfigured(context.environment.name, 'rules');
  const dialect = systems.configured.has('prometheus')
    ? (await (await systems.prometheus()).server()).flavour
    : 'Prometheus';
  const group: Group = {
    name: asked.group ?? asked.name,
    rules: asked.rules?.map((rule, index) => ruleOf(rule, { index, dialect })),
  };
  return systems.rules.in === 'directory'
    ? planFile(asked, { group, context })
    : planResource(asked, { group, context, place: systems.rules });
}

async function planFile(
  { name, tests }: Asked,
  { group, context }: { group: Group; context: ToolContext },
): Promise<Change[]> {
  const file = /\.(?:ya?ml|rules)$/.test(name) ? name : `${name}.yml`;
  const files = await context.systems.ruleFiles();
  const found = await files.read(file);
  const text = await editRuleText(found, group);
  if (text === found) return [];
  return [
    {
      kind: 'metrics-rule',
      target: { kind: 'RuleFile', name: file },
      directory: files.shown,
      ...(text === undefined ? {} : { text }),
      ...(found === undefined ? {} : { expects: sha256Hex(found) }),
      ...(tests === undefined ? {} : { tests: objectsIn(tests) }),
    },
  ];
}

const apiVersions = {
  PrometheusRule: 'monitoring.coreos.com/v1',
  VMRule: 'operator.victoriametrics.com/v1beta1',
} as const;

/** An object of the cluster like any other: it is written by the kinds of change that write objects. */
async function planResource(
  { name, tests }: Asked,
  at: { group: Group; context: ToolContext; place: Extract<RulesPlace, { in: 'resources' }> },
): Promise<Change[]> {
  const { group, context, place } = at;
  const target = {
    kind: place.resource,
    apiVersion: apiVersions[place.resource],
    name,
    namespace: place.namespace,
  };
  const live = await context.kube.find(target);
  const before = objectsIn(memberOf(live, 'spec')?.['groups']);
  const groups = withGroup(before, group);
  const changed = JSON.stringify(groups) !== JSON.stringify(before);
  if (!changed) return [];
  const tried = tests === undefined ? {} : { ruleTests: objectsIn(tests) };
  if (live === undefined) {
    const metadata = { name, namespace: place.namespace };
    const manifest = { apiVersion: target.apiVersion, kind: target.kind, metadata, spec: { groups } };
    return [{ kind: 'k8s-apply', target, manifest, force: false, ...tried }];
  }
  const uid = live.metadata.uid ?? '';
  if (groups.length === 0) return [{ kind: 'k8s-delete', target, uid, propagation: 'Background' }];
  // A list is patched as a whole: what others add meanwhile must not be lost.
  const expect = { spec: { groups: before } };
  return [
    { kind: 'k8s-patch', target, uid, patch: { spec: { groups } }, said: ['/spec/groups'], expect, ...tried },
  ];
}

/** A rule as its file writes it. */
function ruleOf(
  { alert, record, expr, for: lasting, keepFiringFor, labels, annotations }: AskedRule,
  { index, dialect }: { index: number; dialect: string },
): JsonObject {
  const field = `rules.${index}`;
  if ((alert === undefined) === (record === undefined)) throw wrong(field, 'name either alert or record');
  if (hiddenCharacters(`${alert}${expr}`) > 0) throw wrong(field, 'holds characters that nobody sees');
  for (const [name, text] of [
    ['for', lasting],
    ['keepFiringFor', keepFiringFor],
  ] as const) {
    if (text === undefined) continue;
    if (record !== undefined) throw wrong(`${field}.${name}`, 'goes with an alert only');
    if (durationSeconds(text) === undefined) throw wrong(`${field}.${name}`, 'must be like 5m or 1h30m');
  }
  if (record !== undefined && annotations !== undefined)
    throw wrong(`${field}.annotations`, 'goes with an alert only');
  const { mistake } = checkQuery(expr);
  // VictoriaMetrics takes more than PromQL.
  if (mistake !== undefined && (mistake.certain || dialect === 'Prometheus'))
    throw wrong(
      `${field}.expr`,
      `is wrong at line ${mistake.line}, column ${mistake.column}: ${mistake.message}\n${mistake.shown}`,
    );
  return {
    ...(alert === undefined ? { record: record ?? '' } : { alert }),
    expr,
    ...(lasting === undefined ? {} : { for: lasting }),
    ...(keepFiringFor === undefined ? {} : { keep_firing_for: keepFiringFor }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function wrong(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    details: { issues: [{ field, message }] },
  });
}
