import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { planted } from './planted.ts';

/** A piece this long of a value, in any spelling, is a find. */
const pieceChars = 12;

/** Every piece of every spelling, with the value it is of. */
const pieces = new Map<string, string>(
  [...planted].flatMap(([kind, value]) =>
    spellingsOf(value).flatMap(([how, text]) =>
      piecesOf(text).map(piece => [piece, `${kind} (${how})`] as const),
    ),
  ),
);

function spellingsOf(value: string): [how: string, text: string][] {
  const bytes = Buffer.from(value);
  const shifted = (offset: number): string =>
    Buffer.concat([Buffer.alloc(offset, 'x'), bytes])
      .toString('base64')
      .replace(/=+$/, '');
  const base64 = [shifted(0).slice(0, -1), shifted(1).slice(2, -1), shifted(2).slice(3, -1)];
  return [
    ['raw', value],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    ...base64.map((text): [string, string] => ['base64', text]),
    ...base64.map((text): [string, string] => ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')]),
    ['hex', bytes.toString('hex')],
    ['hex', bytes.toString('hex').toUpperCase()],
    ['URL', encodeURIComponent(value)],
    ['reversed', Array.from(value).toReversed().join('')],
  ];
}

function piecesOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - pieceChars + 1) }, (_, at) =>
    text.slice(at, at + pieceChars),
  );
}

/** What of the planted values stands in a text: the kind, and how it is spelled. Looks into what is packed, too. */
function tracesIn(text: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at + pieceChars <= text.length; at += 1) {
    const kind = pieces.get(text.slice(at, at + pieceChars));
    if (kind !== undefined) found.add(kind);
  }
  for (const packed of text.match(/H4sI[A-Za-z0-9+/_-]{20,}/g) ?? [])
    for (const kind of tracesIn(unpacked(packed))) found.add(`${kind}, packed`);
  return [...found];
}

function unpacked(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: 10_000_000 }).toString('latin1');
  } catch {
    return '';
  }
}

/** The same for all files of a folder, each with its name. */
export function tracesBelow(folder: string): { files: number; found: string[] } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
  const found = files.flatMap(file =>
    tracesIn(readFileSync(file, 'latin1')).map(kind => `${file.slice(folder.length + 1)}: ${kind}`),
  );
  return { files: files.length, found };
}

/** Everything that left, by what it left through. */
export class Catch {
  readonly #texts: [label: string, text: string][] = [];

  add(label: string, text: string): void {
    this.#texts.push([label, text]);
  }

  get bytes(): number {
    return this.#texts.reduce((sum, [, text]) => sum + text.length, 0);
  }

  get size(): number {
    return this.#texts.length;
  }

  /** The finds, each kind once for each way out. */
  found(): string[] {
    return [
      ...new Set(this.#texts.flatMap(([label, text]) => tracesIn(text).map(kind => `${label}: ${kind}`))),
    ];
  }

  /** Whether anything of that left at all: a hunt in nothing finds nothing. */
  holds(text: string): boolean {
    return this.#texts.some(([, each]) => each.includes(text));
  }
}

/** A few finds for a table, and how many there are. */
export function told(found: readonly string[]): string {
  return found.length === 0 ? 'none found' : `${found.length} found: ${found.slice(0, 6).join('; ')}`;
}

/** Everything that is said, with what JSON escapes as it is meant. */
export function everyString(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  return `${JSON.stringify(value)}\n${Object.values(value).map(everyString).join('\n')}`;
}
