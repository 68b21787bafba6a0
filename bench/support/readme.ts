import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Measurement, Table } from './measurement.ts';

/** A measurement's part of the README: heading, meaning, table, and where and when it was taken. */
export function markdownOf(measurement: Measurement, table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${measurement.title} (\`npm run bench ${measurement.name}\`)`,
    '',
    measurement.about,
    '',
    line(table.columns),
    line(table.columns.map(() => '---')),
    ...table.rows.map(line),
    '',
    ...table.notes.map(note => `${note}\n`),
    machine(),
  ].join('\n');
}

/** The README with the text between this measurement's markers replaced. */
export function withTable(readme: string, part: { name: string; text: string }): string {
  const [open, close] = [`<!-- ${part.name}: written by npm run bench -->`, `<!-- /${part.name} -->`];
  const [from, to] = [readme.indexOf(open), readme.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`bench/README.md has no place marked ${open}`);
  return `${readme.slice(0, from + open.length)}\n${part.text}\n${readme.slice(to)}`;
}

function machine(): string {
  const day = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `${day}, Node ${process.versions.node}, ${process.platform}, ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, load ${load}.`;
}
