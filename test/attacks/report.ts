import type { Ending } from './run-attacks.ts';

// With the end of a line 140 columns at most; no name is wrapped, so that it can be searched for.
const columns = { name: 33, must: 38, saw: 45 };

/** One line of the table at a terminal; longer cells are wrapped, none is cut. */
export function lineOf({ attack, saw, end, ms }: Ending): string {
  const cells = [
    wrap(attack.name, columns.name),
    wrap(attack.must, columns.must),
    wrap(saw, columns.saw),
    [`${end}${end === 'not run' ? '' : ` ${(ms / 1_000).toFixed(1)} s`}`],
  ];
  const widths = [columns.name, columns.must, columns.saw, 0];
  const height = Math.max(...cells.map(cell => cell.length));
  return Array.from({ length: height }, (_, row) =>
    cells
      .map((cell, column) => (cell[row] ?? '').padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  ).join('\n');
}

export const heading = ['attack', 'must', 'saw', 'end']
  .map((name, index) => name.padEnd([columns.name, columns.must, columns.saw, 0][index] ?? 0))
  .join(' | ');

/** What the words in the last column mean. */
export const legend =
  'held: the attack failed. said so: one account cannot keep it out, and Vigie says that. BROKEN: it succeeded.';

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of clean(text).split(/\s+/)) {
    for (const part of word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []) {
      if (line !== '' && line.length + 1 + part.length > width) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? part : `${line} ${part}`;
    }
  }
  return [...lines, line];
}

/** What was seen may be what an attack planted. */
function clean(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '·');
}

/** How many ended how, the broken and the ones not run by name. */
export function summaryOf(endings: readonly Ending[]): string {
  const named = (end: Ending['end']): string[] =>
    endings.filter(each => each.end === end).map(({ attack }) => attack.name);
  const broken = named('BROKEN');
  const notRun = endings.filter(({ end }) => end === 'not run');
  const skipped = notRun.map(({ attack, saw }) => `${attack.name} (${saw})`).join(', ');
  return [
    `${endings.length} attacks: ${named('held').length} held, ${named('said so').length} said so`,
    broken.length === 0 ? '0 BROKEN' : `${broken.length} BROKEN: ${broken.join(', ')}`,
    notRun.length === 0 ? '0 not run' : `${notRun.length} not run: ${skipped}`,
  ].join(', ');
}

/** The same as a page, by adversary; it says nothing of times, which differ from run to run. */
export function markdownOf(endings: readonly Ending[]): string {
  const adversaries = [...new Set(endings.map(({ attack }) => attack.adversary))];
  const tables = adversaries.map(adversary => {
    const rows = endings
      .filter(({ attack }) => attack.adversary === adversary)
      .map(({ attack, saw, end }) =>
        [`\`${attack.name}\`: ${attack.does}`, attack.must, saw, end].map(cell =>
          clean(cell).replaceAll('|', '\\|'),
        ),
      )
      .map(cells => `| ${cells.join(' | ')} |`);
    return [
      `## ${capital(adversary)}`,
      '',
      '| attack | must | saw | end |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return `${['# Attacks', ...tables, summaryOf(endings)].join('\n\n')}\n`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
