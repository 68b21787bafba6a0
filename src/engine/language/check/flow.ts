import type { Scope, ScopeName } from '../expressions/check-expression.ts';

/** What has run where a step stands, and which variables are there. */
export interface Flow extends Scope {
  /** Steps that have ended well on every way there. */
  sure: ReadonlySet<string>;
  /** Steps that may have. */
  maybe: ReadonlySet<string>;
}

const stepNames: readonly ScopeName[] = ['inputs', 'steps', 'run', 'trigger'];

export const emptyFlow: Flow = { names: stepNames, items: [], sure: new Set(), maybe: new Set() };

/** The same with an expression's own variables. */
export function withNames(flow: Flow, names: readonly ScopeName[]): Flow {
  return { ...flow, names: [...flow.names, ...names] };
}

export function withItem(flow: Flow, item: string): Flow {
  return { ...flow, items: [...flow.items, item] };
}

/** The same where these have ended well as well. */
export function withSure(flow: Flow, sure: Iterable<string>): Flow {
  return { ...flow, sure: new Set([...flow.sure, ...sure]) };
}

export function withMaybe(flow: Flow, maybe: Iterable<string>): Flow {
  return { ...flow, maybe: new Set([...flow.maybe, ...maybe]) };
}
