import { parser } from '@grafana/lezer-logql';
import { VigieError } from '../core/errors.ts';

/** A query that was found to be LogQL. */
export interface Logql {
  text: string;
  /** Lines, or numbers made of them. */
  kind: 'lines' | 'metric';
  /** Where each stream selector begins, after its brace. */
  selectors: readonly number[];
}

// A longer one is made by a program; Loki's own limit is far above.
const mostChars = 5_000;

/** Reads a query before it is sent. @throws VigieError INVALID_INPUT, with the position of the mistake */
export function parseLogql(text: string): Logql {
  if (text.length > mostChars) throw mistake(`it has ${text.length} characters; ${mostChars} are read`);
  const selectors: number[] = [];
  let metric = false;
  let wrong: number | undefined;
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) wrong ??= node.from;
      else if (node.name === 'Selector') selectors.push(node.from + 1);
      else if (node.name === 'MetricExpr') metric = true;
    },
  });
  if (wrong !== undefined) throw mistakeAt(text, wrong);
  if (selectors.length === 0) throw mistake('it selects no streams: write at least {label="value"}');
  return { text, kind: metric ? 'metric' : 'lines', selectors };
}

/** The query with one more matcher in each of its selectors: nothing it can say reaches beyond these values. */
export function withinValues(query: Logql, fence: { label: string; values: readonly string[] }): string {
  const matcher = `${fence.label}=~${quoted(oneOf(fence.values))}, `;
  return query.selectors.reduceRight((text, at) => text.slice(0, at) + matcher + text.slice(at), query.text);
}

/** A pattern of RE2 that only these texts match. */
export function oneOf(values: readonly string[]): string {
  return values.map(escaped).join('|');
}

/** A text as it matches itself in RE2. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** A text as LogQL writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** The place alone: what stands there is the caller's own, and nothing of it is said back. */
function mistakeAt(text: string, from: number): VigieError {
  const line = text.slice(0, from).split('\n').length;
  const column = from - text.lastIndexOf('\n', from - 1);
  const what = from >= text.trimEnd().length ? 'it ends too early' : 'what begins there is not understood';
  return mistake(`line ${line}, column ${column}: ${what}`);
}

function mistake(why: string): VigieError {
  return new VigieError('INVALID_INPUT', `query: this is no LogQL: ${why}`, {
    hint: 'A query begins with a stream selector, as {namespace="shop"} |= "timeout"; vigie logs query without --query builds one.',
    details: { issues: [{ field: 'query', message: why }] },
  });
}
