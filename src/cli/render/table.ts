import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

// As kubectl sets its columns apart.
const gap = '   ';
// A longer cell would push the rest of its line off every screen; -o json shows it whole.
const widestCell = 120;

/** Rows as aligned columns: the widths come from the first page, and a longer cell of a later one only shifts its line. */
export class TableWriter {
  readonly #without: readonly string[];
  #keys: string[] | undefined;
  #widths: number[] = [];

  constructor(without: readonly string[] = []) {
    this.#without = without;
  }

  /** The lines of one more page; the first page begins with the header. */
  page(rows: readonly JsonObject[]): string {
    if (rows.length === 0) return '';
    const first = this.#keys === undefined;
    this.#keys ??= keysOf(rows).filter(key => !this.#without.includes(key));
    const keys = this.#keys;
    const lines = rows.map(row => keys.map(key => cellText(row[key])));
    if (first) lines.unshift(keys.map(headerOf));
    if (first)
      this.#widths = keys.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)));
    return lines.map(line => `${alignCells(line, this.#widths)}\n`).join('');
  }
}

/**
 * Text in which some lines are a table with two blanks between its cells: those lines aligned, the others as they
 * are. A line whose cells do not fit the header's count stays as it is too.
 */
export function alignTables(text: string): string {
  const lines = text.split('\n');
  const aligned: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const columns = headerCells(lines[at] ?? '');
    const rest = lines.slice(at + 1);
    const length = columns > 1 ? rest.findIndex(line => line.split('  ').length !== columns) : 0;
    const end = at + 1 + (length < 0 ? rest.length : length);
    const block = lines.slice(at, end).map(line => line.split('  '));
    const widths = Array.from({ length: columns }, (_, column) =>
      Math.max(...block.map(line => line[column]?.length ?? 0)),
    );
    aligned.push(...(columns > 1 ? block.map(line => alignCells(line, widths)) : lines.slice(at, end)));
    at = end;
  }
  return aligned.join('\n');
}

/** How many columns a header line has; 0 when the line is none. */
function headerCells(line: string): number {
  const cells = line.split('  ');
  return cells.every(cell => /^[A-Z][A-Z0-9()%/-]*$/.test(cell)) ? cells.length : 0;
}

function alignCells(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
    .join(gap);
}

function keysOf(rows: readonly JsonObject[]): string[] {
  return [...new Set(rows.flatMap(row => Object.keys(row)))];
}

/** `upToDate` → `UP-TO-DATE`, `clusterIP` → `CLUSTER-IP`; a server's `Port(s)` arrives as `portS`. */
function headerOf(key: string): string {
  return key
    .replaceAll(/[A-Z]+(?![a-z])|[A-Z]/g, letters => `-${letters}`)
    .toUpperCase()
    .replace(/-S$/, '(S)');
}

/** A value as one short line; nothing is `-`. */
export function cellText(cell: Json | undefined): string {
  if (cell === undefined || cell === null || cell === '') return '-';
  const text =
    typeof cell === 'string'
      ? cell
      : isObject(cell) || Array.isArray(cell)
        ? JSON.stringify(cell)
        : String(cell);
  return cleanLine(text.replaceAll('\t', ' '), widestCell);
}
