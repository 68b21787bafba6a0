import { type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';
import { textLabels } from './labels.ts';

/** Rules that are evaluated together. */
export interface Group {
  name: string;
  file: string;
  rules: Rule[];
}

export interface Rule {
  kind: 'alerting' | 'recording';
  name: string;
  query: string;
  /** How long its condition has to hold before it fires. */
  forSeconds: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** `ok`, `err` or `unknown`; and what its last evaluation said. */
  health: string;
  lastError: string;
  alerts: RuleAlert[];
}

/** One series for which the condition of a rule holds. */
interface RuleAlert {
  state: 'firing' | 'pending';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  since: Date | undefined;
  value: number;
}

export function groupOf(group: JsonObject): Group {
  return {
    name: textOf(group, 'name'),
    file: textOf(group, 'file'),
    rules: listOf(group, 'rules').map(ruleOf),
  };
}

function ruleOf(rule: JsonObject): Rule {
  const duration = rule['duration'];
  return {
    kind: rule['type'] === 'recording' ? 'recording' : 'alerting',
    name: textOf(rule, 'name'),
    query: textOf(rule, 'query'),
    forSeconds: typeof duration === 'number' ? duration : 0,
    labels: textLabels(memberOf(rule, 'labels')),
    annotations: textLabels(memberOf(rule, 'annotations')),
    // vmalert calls a rule well that it has not evaluated yet.
    health: textOf(rule, 'lastEvaluation').startsWith('0001-') ? 'unknown' : textOf(rule, 'health'),
    lastError: textOf(rule, 'lastError'),
    alerts: listOf(rule, 'alerts').map(alertOf),
  };
}

function alertOf(alert: JsonObject): RuleAlert {
  const since = new Date(textOf(alert, 'activeAt'));
  const value = textOf(alert, 'value');
  return {
    state: alert['state'] === 'firing' ? 'firing' : 'pending',
    labels: textLabels(memberOf(alert, 'labels')),
    annotations: textLabels(memberOf(alert, 'annotations')),
    since: Number.isNaN(since.getTime()) ? undefined : since,
    value:
      value === '+Inf'
        ? Number.POSITIVE_INFINITY
        : value === '-Inf'
          ? Number.NEGATIVE_INFINITY
          : Number(value),
  };
}
