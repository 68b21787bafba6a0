import { durationSeconds } from '../durations.ts';
import { nodesOf, type QueryNode } from './tree.ts';

/** What a query reads: one place in it where series are chosen. */
export interface Selector {
  /** As it stands, without its range. */
  text: string;
  /** The metric; undefined where only labels choose. */
  metric: string | undefined;
  matchers: Matcher[];
  /** Of `x[5m]`; undefined of an instant one. */
  rangeSeconds: number | undefined;
}

export interface Matcher {
  label: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** Every selector of a query, from the left. */
export function selectorsOf(tree: QueryNode): Selector[] {
  const ranges = new Map<QueryNode, number>();
  const found: Selector[] = [];
  for (const node of nodesOf(tree)) {
    if (node.name === 'MatrixSelector') {
      const duration = node.children.find(({ name }) => name === 'DurationExpr');
      const seconds = durationSeconds(duration?.text ?? '');
      const [inner] = node.children;
      if (inner !== undefined && seconds !== undefined) ranges.set(inner, seconds);
    }
    if (node.name === 'VectorSelector') found.push(selectorOf(node, ranges.get(node)));
  }
  return found;
}

function selectorOf(node: QueryNode, rangeSeconds: number | undefined): Selector {
  const all = [...nodesOf(node)];
  const matchers = all.flatMap(each => matcherOf(each) ?? []);
  const quoted = all.find(({ name }) => name === 'QuotedLabelName')?.text;
  const bare = node.children.find(({ name }) => name === 'Identifier' || name === 'MetricName')?.text;
  const named = matchers.find(({ label, op }) => label === '__name__' && op === '=')?.value;
  const inBraces =
    quoted !== undefined && !matchers.some(({ label }) => label === textOf(quoted))
      ? textOf(quoted)
      : undefined;
  return {
    text: node.text,
    metric: bare ?? named ?? inBraces,
    matchers: matchers.filter(({ label }) => label !== '__name__'),
    rangeSeconds,
  };
}

function matcherOf(node: QueryNode): Matcher | undefined {
  if (node.name !== 'UnquotedLabelMatcher' && node.name !== 'QuotedLabelMatcher') return undefined;
  const [label, op, value] = node.children;
  if (label === undefined || value === undefined) return undefined;
  const how = op?.text;
  if (how !== '=' && how !== '!=' && how !== '=~' && how !== '!~') return undefined;
  return { label: textOf(label.text), op: how, value: textOf(value.text) };
}

/** A text without its quotes; escapes that JSON does not know stay as they are. */
function textOf(quoted: string): string {
  const mark = quoted.charAt(0);
  if (mark === '`') return quoted.slice(1, -1);
  if (mark !== '"' && mark !== "'") return quoted;
  const inner = quoted.slice(1, -1);
  try {
    const text: unknown = JSON.parse(
      `"${mark === "'" ? inner.replaceAll("\\'", "'").replaceAll('"', '\\"') : inner}"`,
    );
    return typeof text === 'string' ? text : inner;
  } catch {
    return inner;
  }
}
