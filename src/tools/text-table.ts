import type { Json, JsonObject } from '../core/json.ts';
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

/** The longest run of rows from the start that fits into a number of bytes of the answer; a text counts with its line break. */
export function fittingRows<Row extends string | JsonObject>(rows: readonly Row[], bytes: number): Row[] {
  let used = 0;
  const end = rows.findIndex(row => {
    used += sentBytes(row);
    return used > bytes;
  });
  return rows.slice(0, end < 0 ? rows.length : end);
}

/** The bytes that a text or a value takes inside a JSON answer, with the line break or comma after it. */
export function sentBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
