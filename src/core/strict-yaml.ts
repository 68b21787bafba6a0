import type * as Yaml from 'yaml';
import { composeDocuments, type Position, positionIn, refuse } from './compose-yaml.ts';
import type { Json, JsonObject } from './json.ts';
import { limits } from './limits.ts';
import { pauseAfter } from './pause.ts';

// One reading of YAML and JSON for everything people hand in. What two parsers could read differently is refused and
// not guessed: the text a person looked at and the tree that is sent must be the same thing. Messages name line and
// column and never quote the source, which may hold a token. Duplicate keys are found here, since the package compares
// each key with every other (40,000 keys: 27 s).

/** One document of a text. Lines and columns count from 1. */
export interface ParsedDocument {
  document: JsonObject;
  line: number;
  /** Where a key or item stands; the nearest parent that exists when it does not. */
  at(path: readonly PropertyKey[]): Position;
  /** Where in the value of a key or item the nth `mark` of the source stands, from 0; without one there, the value. */
  markAt(path: readonly PropertyKey[], wanted: { mark: string; nth: number }): Position;
}

/**
 * Values in one text after aliases are followed: 50 aliases of aliases could otherwise unfold to millions. A text of the
 * most words and signs has as many without any. */
const maxValues = 200_000;

interface Reading {
  yaml: typeof Yaml;
  document: Yaml.Document;
  positionOf(offset: number): Position;
  text: string;
  /** Nothing that stands for something else: no directives, anchors, aliases and tags. */
  plain: boolean;
  /** Of the whole text. */
  sum: { values: number; most: number };
  aliases: number;
}

/**
 * Reads YAML 1.2 (core schema) or JSON into plain data. Empty documents are left out. `plain`: what stands for something
 * else is refused too (directives, anchors, aliases, tags).
 * @throws VigieError INVALID_MANIFEST with line and column: syntax, duplicate keys, more than 50 aliases, tags, merge
 * keys, nesting over 100, numbers that JSON or 2^53 cannot hold, numbers with a leading zero, control characters, size.
 */
export async function parseDocuments(
  text: string,
  most: { bytes: number; values: number; plain?: boolean } = {
    bytes: limits.manifestBytes,
    values: maxValues,
  },
): Promise<ParsedDocument[]> {
  if (Buffer.byteLength(text) > most.bytes) {
    throw refuse({ line: 1, column: 1 }, `the text is larger than ${most.bytes} bytes`);
  }
  refuseControlCharacters(text);
  if (text.length < largeText) return read(text, most);
  const before = lastLarge;
  const { promise, resolve } = Promise.withResolvers<void>();
  lastLarge = promise;
  try {
    await before;
    return await read(text, most);
  } finally {
    resolve();
  }
}

/** A large text waits until the one before is read: what a reader keeps is many times what it reads. */
const largeText = 64 * 1024;
let lastLarge = Promise.resolve();

async function read(
  text: string,
  { values: mostValues, plain = false }: { values: number; plain?: boolean },
): Promise<ParsedDocument[]> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const positionOf = (offset: number): Position => positionIn(lines, offset);
  const parsed: ParsedDocument[] = [];
  const sum = { values: 0, most: mostValues };
  for await (const document of composeDocuments(text, { yaml, lines })) {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw refuse(positionOf(problem.pos[0]), syntaxProblems[problem.code]);
    const reading: Reading = { yaml, document, positionOf, text, plain, sum, aliases: 0 };
    const { directives } = document;
    if (plain && (directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).length > 1))
      throw refuse({ line: 1, column: 1 }, '% directives are not read here');
    const root = document.contents;
    if (root === null || (yaml.isScalar(root) && root.value === null)) continue;
    const start = positionOf(root.range?.[0] ?? 0);
    const { values } = sum;
    const value = valueOf(reading, root, 0);
    await pauseAfter(sum.values - values);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refuse(start, 'a document must be a mapping (`key: value` lines)');
    }
    parsed.push({
      document: value,
      line: start.line,
      at: path => positionOf(locate(reading, path).offset),
      markAt: (path, wanted) => positionOf(markOffset(reading, path, wanted)),
    });
  }
  return parsed;
}

function valueOf(reading: Reading, node: Yaml.Node | null, depth: number): Json {
  const { yaml } = reading;
  const position = (): Position => reading.positionOf(node?.range?.[0] ?? 0);
  if (node === null) return null;
  if (depth > limits.documentDepth) {
    throw refuse(position(), `it is nested deeper than ${limits.documentDepth} levels`);
  }
  const { sum } = reading;
  if (++sum.values > sum.most) throw refuse(position(), `it holds more than ${sum.most} values`);
  if (reading.plain && hasProperties(reading, node))
    throw refuse(position(), 'anchors (&), aliases (*) and tags (!) are not read here: write the value out');
  if (yaml.isAlias(node)) {
    if (++reading.aliases > limits.yamlAliases) {
      throw refuse(position(), `it uses more than ${limits.yamlAliases} aliases`);
    }
    const target = node.resolve(reading.document);
    if (target === undefined) throw refuse(position(), 'an alias names no anchor before it');
    return valueOf(reading, target, depth + 1);
  }
  if (node.tag !== undefined && !coreTags.has(node.tag)) {
    throw refuse(position(), 'tags other than those of the core schema are not read');
  }
  if (yaml.isMap(node)) {
    const object: JsonObject = {};
    for (const pair of node.items) {
      const key = keyOf(reading, pair.key);
      if (Object.hasOwn(object, key)) throw refuse(keyPosition(reading, pair.key), 'a key is given twice');
      object[key] = valueOf(reading, asNode(reading, pair.value), depth + 1);
    }
    return object;
  }
  if (yaml.isSeq(node)) return node.items.map(item => valueOf(reading, asNode(reading, item), depth + 1));
  if (yaml.isScalar(node))
    return scalarOf(node.value, { source: node.source, plain: node.type === 'PLAIN', position });
  throw refuse(position(), 'it is neither a mapping, a list nor a value');
}

function asNode(reading: Reading, value: unknown): Yaml.Node | null {
  return reading.yaml.isNode(value) ? value : null;
}

function keyOf(reading: Reading, node: unknown): string {
  const { yaml } = reading;
  const position = keyPosition(reading, node);
  if (!yaml.isScalar(node) || typeof node.value !== 'string')
    throw refuse(position, 'a key is not plain text');
  const key = node.value;
  if (node.tag !== undefined && !coreTags.has(node.tag)) throw refuse(position, 'a key has a tag');
  if (reading.plain && hasProperties(reading, node)) throw refuse(position, 'a key has an anchor or a tag');
  if (key === '__proto__') throw refuse(position, 'the key __proto__ is not allowed');
  if (key === '<<' && node.type === 'PLAIN') {
    throw refuse(position, 'merge keys (<<) are not part of YAML 1.2: write the keys out');
  }
  if (hasControlCharacter(key) || !key.isWellFormed())
    throw refuse(position, 'a key holds a control character');
  return key;
}

function keyPosition(reading: Reading, node: unknown): Position {
  return reading.positionOf(reading.yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0);
}

function scalarOf(
  value: unknown,
  scalar: { source: string | undefined; plain: boolean; position: () => Position },
): Json {
  const { source, plain, position } = scalar;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw refuse(position(), 'a text holds half of a surrogate pair');
    return value;
  }
  if (typeof value === 'boolean' || value === null) return value;
  // kubectl's YAML 1.1 reads 0400 as octal, YAML 1.2 as four hundred: a file mode would change without a word.
  if (plain && source !== undefined && /^[-+]?0[0-9]/.test(source)) {
    throw refuse(
      position(),
      'a number with a leading zero is octal to some and decimal to others: write 0o… or quote it',
    );
  }
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      throw refuse(position(), 'a whole number lies beyond 2^53 and would be rounded');
    return number;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse(position(), 'a number is infinite or none at all');
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw refuse(position(), 'a whole number lies beyond 2^53 and would be rounded');
    }
    return Object.is(value, -0) ? 0 : value;
  }
  throw refuse(position(), 'a value is of no type that JSON has');
}

function hasProperties({ yaml }: Reading, node: Yaml.Node): boolean {
  return yaml.isAlias(node) || node.tag !== undefined || ('anchor' in node && node.anchor !== undefined);
}

function markOffset(
  reading: Reading,
  path: readonly PropertyKey[],
  { mark, nth }: { mark: string; nth: number },
): number {
  const { node, offset } = locate(reading, path);
  const [from, to] = node?.range ?? [offset, offset];
  const written = reading.text.slice(from, to);
  let found = written.indexOf(mark);
  for (let left = nth; left > 0 && found >= 0; left--) found = written.indexOf(mark, found + mark.length);
  return from + Math.max(0, found);
}

/** The value that a path leads to, and where its key or item stands. */
function locate(reading: Reading, path: readonly PropertyKey[]): { node: Yaml.Node | null; offset: number } {
  const { yaml } = reading;
  let node: Yaml.Node | null = reading.document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    if (yaml.isAlias(node)) node = node.resolve(reading.document) ?? null;
    if (yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => yaml.isScalar(key) && key.value === String(part));
      if (pair === undefined) break;
      if (yaml.isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = asNode(reading, pair.value);
    } else if (yaml.isSeq(node)) {
      node = asNode(reading, node.items[Number(part)]);
      if (node === null) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return { node, offset };
}

/** All C0 and C1 controls but tab, line feed, carriage return and next line. */
// oxlint-disable-next-line no-control-regex -- finding them is the purpose
const controlCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]/;

function hasControlCharacter(text: string): boolean {
  return controlCharacter.test(text);
}

function refuseControlCharacters(text: string): void {
  const offset = text.search(controlCharacter);
  if (offset < 0) return;
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  throw refuse({ line, column: offset - before.lastIndexOf('\n') }, 'the text holds a control character');
}

const coreTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(name => `tag:yaml.org,2002:${name}`),
);

/** In our own words: those of the package may quote the text. */
const syntaxProblems: { [code in Yaml.ErrorCode]: string } = {
  ALIAS_PROPS: 'an alias has an anchor or a tag of its own',
  BAD_ALIAS: 'an alias is malformed',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value',
  BAD_DIRECTIVE: 'a % directive is malformed',
  BAD_DQ_ESCAPE: 'a quoted text has an unknown escape',
  BAD_INDENT: 'the indentation does not fit the lines above, or a bracket there is not closed',
  BAD_PROP_ORDER: 'an anchor or tag stands at the wrong place',
  BAD_SCALAR_START: 'a plain text starts with a reserved character: quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping starts on the line of another: is a text with a colon unquoted?',
  BLOCK_IN_FLOW: 'an indented block stands inside brackets',
  DUPLICATE_KEY: 'a key is given twice',
  IMPOSSIBLE: 'the text cannot be read',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'a document starts where none may',
  MULTIPLE_TAGS: 'a value has two tags',
  NON_STRING_KEY: 'a key is not plain text',
  RESOURCE_EXHAUSTION: `it is nested deeper than ${limits.documentDepth} levels`,
  TAB_AS_INDENT: 'a tab is used as indentation',
  TAG_RESOLVE_FAILED: 'a tag is unknown or does not fit its value',
  UNEXPECTED_TOKEN: 'there is text where none may stand',
};
