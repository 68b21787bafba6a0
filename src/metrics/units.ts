import { callOf, childNamed, innermost, nodesOf, type QueryNode } from './promql/tree.ts';

/** What a value counts. `percent`: of a hundred; `ratio`: of one; `timestamp`: seconds since 1970. */
export const bases = [
  'bytes',
  'seconds',
  'ratio',
  'percent',
  'count',
  'celsius',
  'timestamp',
  'none',
] as const;

type Base = (typeof bases)[number];

export interface Unit {
  base: Base;
  perSecond: boolean;
}

const none: Unit = { base: 'none', perSecond: false };

/** The unit of what a query answers, from the names of its metrics and what is done to them; `none` where they do not say. */
export function unitOf(tree: QueryNode): Unit {
  const node = innermost(tree);
  switch (node.name) {
    case 'VectorSelector':
      return unitOfMetric(metricOf(node));
    case 'MatrixSelector':
    case 'SubqueryExpr': {
      const [inner] = node.children;
      return inner === undefined ? none : unitOf(inner);
    }
    case 'FunctionCall':
    case 'AggregateExpr':
      return unitOfCall(node);
    case 'BinaryExpr':
      return unitOfBinary(node);
    default:
      return none;
  }
}

function metricOf(node: QueryNode): string {
  return childNamed(node, 'Identifier', 'MetricName')?.text ?? '';
}

/** By the ending that the naming conventions of Prometheus ask for; a recording rule (`job:x_bytes:rate5m`) has it in its middle. */
function unitOfMetric(metric: string): Unit {
  const [, middle = metric, operation = ''] = /^[^:]*:([^:]+)(?::(.*))?$/.exec(metric) ?? [];
  const perSecond = /^i?rate/.test(operation);
  const count = /_(?:count|bucket)$/.test(middle);
  const name = middle.replace(/_(?:total|sum|created)$/, '');
  const base = count ? 'count' : baseOfName(name, { counter: middle.endsWith('_total') });
  return perSecond && base === 'seconds' ? { base: 'ratio', perSecond: false } : { base, perSecond };
}

function baseOfName(name: string, { counter }: { counter: boolean }): Base {
  if (/_(?:timestamp|time)_seconds$/.test(name)) return counter ? 'seconds' : 'timestamp';
  const [, ending = ''] = /_(bytes|seconds|ratio|percent|percentage|celsius)$/.exec(name) ?? [];
  if (ending === 'percentage') return 'percent';
  if (ending !== '') return ending as Base;
  return counter ? 'count' : 'none';
}

// The same unit as their series argument.
const keeping = new Set(
  (
    'avg min max sum topk bottomk limitk limit_ratio quantile stddev increase delta idelta abs ceil floor round clamp ' +
    'clamp_max clamp_min sort sort_desc sort_by_label sort_by_label_desc label_replace label_join scalar vector ' +
    'predict_linear double_exponential_smoothing mad_over_time avg_over_time min_over_time max_over_time sum_over_time ' +
    'last_over_time first_over_time quantile_over_time stddev_over_time histogram_avg histogram_sum histogram_stddev'
  ).split(' '),
);
const counting = new Set([
  'count',
  'count_values',
  'count_over_time',
  'changes',
  'resets',
  'histogram_count',
]);

function unitOfCall(node: QueryNode): Unit {
  const { called, args } = callOf(node) ?? { called: '', args: [] };
  if (counting.has(called)) return { base: 'count', perSecond: false };
  if (called === 'time' || called === 'timestamp') return { base: 'timestamp', perSecond: false };
  if (called === 'histogram_quantile') return unitOfBuckets(args.at(-1));
  if (called === 'histogram_fraction') return { base: 'ratio', perSecond: false };
  const series = args.find(arg => !/Literal/.test(arg.name));
  if (series === undefined) return none;
  if (['rate', 'irate', 'deriv'].includes(called)) {
    const { base } = unitOf(series);
    // Seconds of work in each second are a share of it: of one core, of one worker.
    return base === 'seconds'
      ? { base: 'ratio', perSecond: false }
      : { base, perSecond: base !== 'ratio' && base !== 'none' };
  }
  return keeping.has(called) ? unitOf(series) : none;
}

/** Of `x_seconds_bucket`, and of a native histogram `x_seconds`: what was measured, not how often. */
function unitOfBuckets(node: QueryNode | undefined): Unit {
  if (node === undefined) return none;
  const selector = [...nodesOf(node)].find(({ name }) => name === 'VectorSelector');
  if (selector === undefined) return none;
  const { base } = unitOfMetric(metricOf(selector).replace(/_bucket(?=$|:)/, ''));
  return { base, perSecond: false };
}

const comparisons = new Set(['Eql', 'Neq', 'Gtr', 'Gte', 'Lss', 'Lte']);

function unitOfBinary(node: QueryNode): Unit {
  const operands = node.children.filter(
    ({ name, isError }) => !isError && !isOperator(name) && name !== 'BoolModifier' && !/Modifier/.test(name),
  );
  const [left, right] = operands;
  const operator = node.children.find(({ name }) => isOperator(name))?.name ?? '';
  if (left === undefined || right === undefined) return none;
  const [a, b] = [unitOf(left), unitOf(right)];
  if (comparisons.has(operator)) return childNamed(node, 'BoolModifier') === undefined ? a : none;
  const [number, other] = isNumber(left) ? [left, b] : isNumber(right) ? [right, a] : [undefined, a];
  switch (operator) {
    case 'And':
    case 'Unless':
      return a;
    case 'Or':
      return a.base === 'none' ? b : a;
    case 'Add':
      return isNumber(left) ? b : a;
    case 'Sub':
      if (a.base === 'timestamp' && b.base === 'timestamp') return { base: 'seconds', perSecond: false };
      return isNumber(left) ? b : a;
    case 'Mul':
      return number?.text === '100' && other.base === 'ratio' ? { base: 'percent', perSecond: false } : none;
    case 'Div':
      return isNumber(right) || isNumber(left) ? none : quotient(a, b);
    default:
      return none;
  }
}

const operators = new Set([
  ...comparisons,
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Mod',
  'Pow',
  'Atan2',
  'And',
  'Or',
  'Unless',
]);

function isOperator(name: string): boolean {
  return operators.has(name);
}

function isNumber(node: QueryNode): boolean {
  return innermost(node).name === 'NumberDurationLiteral';
}

function quotient(a: Unit, b: Unit): Unit {
  if (a.base === b.base && a.perSecond === b.perSecond)
    return a.base === 'none' ? none : { base: 'ratio', perSecond: false };
  // Seconds spent a request: the rate of the sum (a ratio, by then) over the rate of the count.
  if (b.base === 'count' && a.base === 'ratio' && b.perSecond) return { base: 'seconds', perSecond: false };
  if (b.base === 'count' && a.perSecond === b.perSecond) return { base: a.base, perSecond: false };
  return none;
}
