import type { Json } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';

// Two spaces keep columns apart where a cell holds one (`3 (5m ago)`); padding would double the bytes of a list.
const between = '  ';

/** One row as a line: cells cleaned, an empty one shown as `-` so that the columns can be counted. */
export function tableLine(cells: readonly (Json | undefined)[]): string {
  return cells.map(cellText).join(between);
}

/** The header line of a text table. */
export function tableHeader(names: readonly string[]): string {
  return names.map(name => name.toUpperCase().replaceAll(' ', '-')).join(between);
}

/** A cell of a table as text. */
export function cellText(cell: Json | undefined): string {
  if (cell === undefined || cell === null || cell === '') return '-';
  return cleanLine(typeof cell === 'string' ? cell : JSON.stringify(cell));
}

/** The longest run of lines from the start that fits into a number of bytes, each with its line break. */
export function fittingLines(lines: readonly string[], bytes: number): string[] {
  let used = 0;
  const fitting: string[] = [];
  for (const line of lines) {
    used += sentBytes(line);
    if (used > bytes) break;
    fitting.push(line);
  }
  return fitting;
}

/** The bytes of a text inside a JSON answer, with its line break. */
export function sentBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
