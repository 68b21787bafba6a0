import { nearestNames } from '../../core/nearest.ts';
import { openBracket } from './brackets.ts';
import { aggregations, functionArguments } from './functions.ts';
import { callOf, innermost, nodesOf, parseQuery, type QueryNode } from './tree.ts';

/** What is wrong with a query, and where. */
interface Mistake {
  /** Zero-based, in characters. */
  offset: number;
  line: number;
  column: number;
  /** What is wrong and what is expected there. */
  message: string;
  /** The line of the query and a caret under the place. */
  shown: string;
  /** True: no dialect of PromQL takes it, since a bracket or a text has no end. */
  certain: boolean;
}

/** A query that parses, as its tree, or the first thing that is wrong with it. */
export type Checked = { tree: QueryNode; mistake?: undefined } | { tree?: undefined; mistake: Mistake };

// Around the place of a mistake; a query of a dashboard may be one line of two thousand.
const shownChars = 60;

/** Checks a query before it is sent: its syntax, the names of its functions and what they take. */
export function checkQuery(query: string): Checked {
  const tree = parseQuery(query);
  if (tree === undefined)
    return { mistake: mistakeAt(query, { offset: 0, message: 'it is nested too deeply' }) };
  const found =
    query.trim() === '' ? { offset: 0, message: 'it is empty' } : (syntaxOf(query, tree) ?? meaningOf(tree));
  return found === undefined ? { tree } : { mistake: mistakeAt(query, found) };
}

interface Found {
  offset: number;
  message: string;
  certain?: true;
}

function syntaxOf(query: string, tree: QueryNode): Found | undefined {
  const errors = [...nodesOf(tree)].filter(({ isError }) => isError);
  if (errors.length === 0) return undefined;
  const open = openBracket(query);
  if (open !== undefined) return { ...open, certain: true };
  const first = errors[0];
  if (first === undefined) return undefined;
  const unknown = unknownFunction(query, first);
  if (unknown !== undefined) return unknown;
  const offset = first.from;
  const rest = query.slice(offset).trim();
  if (rest === '') return { offset, message: `something is missing after ${lastWord(query)}` };
  const at = offset + (query.slice(offset).length - query.slice(offset).trimStart().length);
  return { offset: at, message: `${wordAt(rest)} is not expected here` };
}

/** `ratee(x[5m])` parses as the metric `ratee` with something after it. */
function unknownFunction(query: string, error: QueryNode): Found | undefined {
  const before = /([A-Za-z_][\w:]*)\s*$/.exec(query.slice(0, error.from));
  const [, name = ''] = before ?? [];
  if (before === null || !query.slice(error.from).trimStart().startsWith('(')) return undefined;
  const known = [...functionArguments.keys(), ...aggregations.keys()];
  if (known.includes(name)) return undefined;
  const near = nearestNames(name, known);
  const meant = near.length === 0 ? '' : `; nearest: ${near.join(', ')}`;
  return { offset: before.index, message: `there is no function ${name}${meant}` };
}

function meaningOf(tree: QueryNode): Found | undefined {
  for (const node of nodesOf(tree)) {
    const found = node.name === 'VectorSelector' ? emptySelector(node) : wrongArguments(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrongArguments(node: QueryNode): Found | undefined {
  const call = callOf(node);
  if (call === undefined) return undefined;
  const { called, args } = call;
  const spec = functionArguments.get(called) ?? aggregations.get(called);
  if (spec === undefined) return undefined;
  const [needed = '', more = ''] = spec.split('?');
  const takes = needed + more;
  if (args.length < needed.length || (args.length > takes.length && !takes.endsWith('*')))
    return { offset: node.from, message: `${called}() takes ${countText(needed, more)}, not ${args.length}` };
  for (const [index, arg] of args.entries()) {
    const found = wrongArgument(arg, { called, kind: takes[index] ?? '*' });
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrongArgument(
  arg: QueryNode,
  { called, kind }: { called: string; kind: string },
): Found | undefined {
  const { name, text } = innermost(arg);
  const range = name === 'MatrixSelector' || name === 'SubqueryExpr';
  const literal =
    name === 'NumberDurationLiteral' ? 'a number' : name === 'StringLiteral' ? 'a text' : undefined;
  const offset = arg.from;
  if (kind === 'r' && !range) {
    const example = name === 'VectorSelector' && text.length < 40 ? `${text}[5m]` : '(…)[5m:]';
    return { offset, message: `${called}() needs a range of time here, such as ${example}` };
  }
  if (range && kind !== 'r')
    return {
      offset,
      message: `${called}() takes no range of time: rate(), increase() or avg_over_time() make a value of one`,
    };
  if (kind === 's' && (literal === 'a text' || name === 'VectorSelector' || name === 'AggregateExpr'))
    return { offset, message: `${called}() needs a number here` };
  if (kind === 't' && name !== 'StringLiteral')
    return { offset, message: `${called}() needs a text in quotes here` };
  if (kind === 'v' && literal !== undefined)
    return { offset, message: `${called}() needs series here, not ${literal}` };
  return undefined;
}

/** A selector that any series would fit is refused by servers, too. */
function emptySelector(node: QueryNode): Found | undefined {
  if (!/^\{\s*,?\s*\}$/.test(node.text)) return undefined;
  return { offset: node.from, message: 'a selector needs a name or one label, such as {job="web"}' };
}

function countText(needed: string, more: string): string {
  if (more.endsWith('*')) return `${needed.length} arguments or more`;
  const most = needed.length + more.length;
  const count = more === '' ? String(most) : `${needed.length} to ${most}`;
  return most === 0 ? 'no arguments' : most === 1 ? `${count} argument` : `${count} arguments`;
}

function wordAt(rest: string): string {
  const word = /^(?:[\w:.]+|"[^"]{0,30}"?|'[^']{0,30}'?|\S)/.exec(rest)?.[0] ?? '';
  return word.slice(0, 40);
}

function lastWord(query: string): string {
  return /(?:[\w:.]+|\S)\s*$/.exec(query)?.[0].trim().slice(0, 40) ?? 'it';
}

function mistakeAt(query: string, { offset, message, certain }: Found): Mistake {
  const before = query.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const line = query.slice(start).split('\n')[0] ?? '';
  const column = offset - start;
  const from = Math.max(0, column - shownChars);
  const shown = `${line.slice(from, column + shownChars)}\n${' '.repeat(column - from)}^`;
  return {
    offset,
    line: before.split('\n').length,
    column: column + 1,
    message,
    shown,
    certain: certain ?? false,
  };
}
