import { childrenOf, type Node } from './dialect.ts';

/** What an expression reads of a step. */
export interface StepReference {
  id: string;
  /** Absent: the step as a whole, which is nothing. */
  member?: string;
  /** The first key of its output. */
  field?: string;
  /** True: only reached where `steps.ID.ok` was asked before. */
  guarded: boolean;
  /** Within the expression. */
  start: number;
}

/** Every use of `steps`, and those that name no step by its id. */
export interface References {
  steps: StepReference[];
  /** What a field of a step's output is compared with, where that is written out. */
  compared: { id: string; field: string; value: string; start: number }[];
  /** Fields of which it asks whether they are there. */
  askedAfter: { id: string; field: string }[];
  /** Where `steps` stands without an id that is written out. */
  unnamed: number[];
}

/** What an expression reads of steps. `steps.a.ok && steps.a.output.x` reads x only where a ended well. */
export function referencesOf(root: Node): References {
  const found: References = { steps: [], compared: [], askedAfter: [], unnamed: [] };
  look(root, new Set(), found);
  return found;
}

/** The steps that have ended well wherever an expression is true. */
export function provenBy(node: Node): ReadonlySet<string> {
  if (node.op === '&&') return new Set(node.args.flatMap(each => [...provenBy(each)]));
  if (node.op === '||') {
    const [left, right] = node.args.map(provenBy);
    return new Set([...(left ?? [])].filter(id => right?.has(id)));
  }
  const access = accessOf(node);
  return new Set(access?.member === 'ok' ? [access.id] : []);
}

/** The member of what an expression asks after, as `has(a.b)` and `"b" in a` do; undefined: the node asks nothing. */
export function askedAfterBy(node: Node): { of: Node; key: string } | undefined {
  if (node.op === 'call') {
    const [name, [asked]] = node.args;
    return name === 'has' && asked !== undefined ? nameIn(asked) : undefined;
  }
  if (node.op !== 'in') return undefined;
  const [key, of] = node.args;
  return key.op === 'value' && typeof key.args === 'string' ? { of, key: key.args } : undefined;
}

function look(node: Node, proven: ReadonlySet<string>, found: References): void {
  const access = accessOf(node);
  if (access !== undefined) {
    found.steps.push({ ...access, guarded: proven.has(access.id), start: node.start });
    return;
  }
  noteAskedAfter(node, found);
  if (node.op === '==' || node.op === '!=') noteCompared(node.args, found);
  if (node.op === 'id' && node.args === 'steps') found.unnamed.push(node.start);
  if (node.op === '&&') {
    const [left, right] = node.args;
    look(left, proven, found);
    look(right, new Set([...proven, ...provenBy(left)]), found);
  } else if (node.op === '?:') {
    const [condition, then, otherwise] = node.args;
    look(condition, proven, found);
    look(then, new Set([...proven, ...provenBy(condition)]), found);
    look(otherwise, proven, found);
  } else for (const child of childrenOf(node)) look(child, proven, found);
}

function noteCompared([left, right]: readonly [Node, Node], found: References): void {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const access = accessOf(one);
    if (access?.field !== undefined && other.op === 'value' && typeof other.args === 'string')
      found.compared.push({ id: access.id, field: access.field, value: other.args, start: other.start });
  }
}

function noteAskedAfter(node: Node, found: References): void {
  const asked = askedAfterBy(node);
  const access = asked === undefined ? undefined : accessOf(asked.of);
  if (asked !== undefined && access?.member === 'output' && access.field === undefined)
    found.askedAfter.push({ id: access.id, field: asked.key });
}

/** `steps.a`, `steps.a.output` or `steps.a.output.x`, also with `["a"]`; undefined for anything else. */
function accessOf(node: Node): Omit<StepReference, 'guarded' | 'start'> | undefined {
  const names: string[] = [];
  let at = node;
  for (let name = nameIn(at); name !== undefined; name = nameIn(at)) {
    names.unshift(name.key);
    at = name.of;
  }
  const [id, member, field] = names;
  if (at.op !== 'id' || at.args !== 'steps' || id === undefined) return undefined;
  return {
    id,
    ...(member === undefined ? {} : { member }),
    ...(member === 'output' && field !== undefined ? { field } : {}),
  };
}

/** Which member of what a node names, where it is written out. */
export function nameIn(node: Node): { of: Node; key: string } | undefined {
  if (node.op === '.') return { of: node.args[0], key: node.args[1] };
  if (node.op !== '[]') return undefined;
  const [of, key] = node.args;
  return key.op === 'value' && typeof key.args === 'string' ? { of, key: key.args } : undefined;
}
