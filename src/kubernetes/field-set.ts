// Sets of field paths, as managedFields hold them (fieldsV1). A path element is kept in its wire form:
// `f:name` a member, `k:{"name":"c"}` an item of a keyed list, `v:"x"` an item of a set, `i:0` an index.
// So two elements are equal exactly when their strings are.
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts';

/** A set of paths as a tree. `member`: the path that ends here is in the set. Treat as immutable once built. */
export interface FieldSet {
  member: boolean;
  children: Map<string, FieldSet>;
}

export type FieldPath = readonly string[];

export function emptyFieldSet(): FieldSet {
  return { member: false, children: new Map() };
}

/** Adds a path to a set that is still being built. The empty path (the whole object) is never owned. */
export function addPath(set: FieldSet, path: FieldPath): void {
  if (path.length === 0) return;
  let node = set;
  for (const element of path) {
    let child = node.children.get(element);
    if (child === undefined) {
      child = emptyFieldSet();
      node.children.set(element, child);
    }
    node = child;
  }
  node.member = true;
}

export function fieldSetFrom(paths: Iterable<FieldPath>): FieldSet {
  const set = emptyFieldSet();
  for (const path of paths) addPath(set, path);
  return set;
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmptySet);
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.children.get(element);
  return node?.member ?? false;
}

export function unionOf(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map(left.children);
  for (const [element, child] of right.children) {
    const other = children.get(element);
    children.set(element, other === undefined ? child : unionOf(other, child));
  }
  return { member: left.member || right.member, children };
}

export function intersectionOf(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (other !== undefined) keep(children, { element, set: intersectionOf(child, other) });
  }
  return { member: left.member && right.member, children };
}

/** The paths of `left` that are not in `right`. */
export function differenceOf(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    keep(children, { element, set: other === undefined ? child : differenceOf(child, other) });
  }
  return { member: left.member && !right.member, children };
}

/** The paths of `left` that neither are in `right` nor lie below a path of it. */
export function withoutSubtrees(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of left.children) {
    const other = right.children.get(element);
    if (other?.member === true) continue;
    keep(children, { element, set: other === undefined ? child : withoutSubtrees(child, other) });
  }
  return { member: left.member, children };
}

/** All paths of the set, parents before children, elements in wire order. */
export function* pathsOf(set: FieldSet, prefix: FieldPath = []): Generator<FieldPath> {
  for (const element of [...set.children.keys()].sort()) {
    const child = set.children.get(element);
    if (child === undefined) continue;
    const path = [...prefix, element];
    if (child.member) yield path;
    yield* pathsOf(child, path);
  }
}

/** Reads fieldsV1. A member without content is a leaf; `.` marks a path that is in the set beside its children. */
export function readFieldsV1(fields: JsonObject): FieldSet {
  const set = emptyFieldSet();
  for (const [element, inner] of Object.entries(fields)) {
    if (element === '.') {
      set.member = true;
      continue;
    }
    const child = readFieldsV1(isObject(inner) ? inner : {});
    if (child.children.size === 0) child.member = true;
    set.children.set(canonicalElement(element), child);
  }
  return set;
}

export function writeFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  for (const element of [...set.children.keys()].sort()) {
    const child = set.children.get(element);
    if (child === undefined || isEmptySet(child)) continue;
    const inner = writeFieldsV1(child);
    const marked = child.member && Object.keys(inner).length > 0;
    fields[element] = marked ? { '.': {}, ...inner } : inner;
  }
  return fields;
}

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function keyElement(key: JsonObject): string {
  return `k:${canonicalJson(key)}`;
}

export function valueElement(value: Json): string {
  return `v:${canonicalJson(value)}`;
}

/** A path as the server prints it: `.spec.template.spec.containers[name="c"].image`. */
export function printPath(path: FieldPath): string {
  return path.map(printElement).join('');
}

export function printElement(element: string): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:': {
      const key = parseObject(rest);
      const parts = Object.keys(key)
        .sort()
        .map(name => `${name}=${JSON.stringify(key[name])}`);
      return `[${parts.join(',')}]`;
    }
    case 'v:':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

function keep(children: Map<string, FieldSet>, { element, set }: { element: string; set: FieldSet }): void {
  if (!isEmptySet(set)) children.set(element, set);
}

// Clients may write the members of a key in any order.
function canonicalElement(element: string): string {
  return element.startsWith('k:') ? keyElement(parseObject(element.slice(2))) : element;
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    // A key that is no JSON owns nothing that exists.
    return {};
  }
}
