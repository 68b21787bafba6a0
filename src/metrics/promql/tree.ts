import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** A piece of a query, with the text it stands for. */
export interface QueryNode {
  name: string;
  from: number;
  to: number;
  text: string;
  isError: boolean;
  children: QueryNode[];
}

// A tree is walked by recursion, and a query is a line that somebody wrote.
const mostDepth = 200;

/** The tree of a query. Undefined: it is nested too deeply to be looked at. */
export function parseQuery(query: string): QueryNode | undefined {
  const { topNode } = parser.parse(query);
  return nodeOf(topNode, { query, depth: 0 });
}

function nodeOf(node: SyntaxNode, at: { query: string; depth: number }): QueryNode | undefined {
  if (at.depth > mostDepth) return undefined;
  const children: QueryNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    const read = nodeOf(child, { query: at.query, depth: at.depth + 1 });
    if (read === undefined) return undefined;
    if (child.name !== 'LineComment') children.push(read);
  }
  const { name, from, to } = node;
  return { name, from, to, text: at.query.slice(from, to), isError: node.type.isError, children };
}

/** The node itself and all below it, from the left. */
export function* nodesOf(node: QueryNode): Generator<QueryNode> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}

export function childNamed(node: QueryNode, ...names: readonly string[]): QueryNode | undefined {
  return node.children.find(({ name }) => names.includes(name));
}

/** Of a call: the name of what is called and its arguments. */
export function callOf(node: QueryNode): { called: string; args: QueryNode[] } | undefined {
  if (node.name !== 'FunctionCall' && node.name !== 'AggregateExpr') return undefined;
  const called = childNamed(node, 'FunctionIdentifier', 'AggregateOp')?.text.toLowerCase() ?? '';
  const body = childNamed(node, 'FunctionCallBody');
  return { called, args: body?.children.filter(({ isError }) => !isError) ?? [] };
}

/** What stands within brackets, a sign, an offset or an `@`, down to the expression itself. */
export function innermost(node: QueryNode): QueryNode {
  const wraps = [
    'ParenExpr',
    'OffsetExpr',
    'StepInvariantExpr',
    'UnaryExpr',
    'AnchoredExpr',
    'SmoothedExpr',
    'PromQL',
  ];
  const inner = node.children.find(({ name }) => !leaves.has(name));
  return wraps.includes(node.name) && inner !== undefined ? innermost(inner) : node;
}

const leaves = new Set([
  'Offset',
  'OffsetDurationExpr',
  'At',
  'AtModifierPreprocessors',
  'UnaryOp',
  'Anchored',
  'Smoothed',
  'Sub',
  'Add',
]);
