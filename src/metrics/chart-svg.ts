/** Lines over one time, as an answer of metrics_query has them. */
export interface Chart {
  title: string;
  fromText: string;
  toText: string;
  lines: ChartLine[];
  /** How a value of the vertical axis is written. */
  amount: (value: number) => string;
}

interface ChartLine {
  name: string;
  /** At equal distances over the time; `null`: no value. */
  course: readonly (number | null)[];
}

const [width, plotHeight, left, right, top, legendLine] = [900, 320, 90, 20, 40, 20];
const gridLines = 5;
// Told apart by eyes that do not tell red from green, too (Okabe and Ito).
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#f0e442'];
const nameChars = 110;

/** A drawing of its own, without scripts, styles or fonts from elsewhere. Every text in it is escaped. */
export function chartSvg({ title, fromText, toText, lines, amount }: Chart): string {
  const { low, high } = rangeOf(lines);
  const bottom = top + plotHeight;
  const height = bottom + 40 + lines.length * legendLine;
  const y = (value: number) => bottom - ((value - low) / (high - low)) * plotHeight;
  const grid = Array.from({ length: gridLines }, (_, index) => {
    const value = low + ((high - low) * index) / (gridLines - 1);
    return (
      `<line x1="${left}" x2="${width - right}" y1="${fixed(y(value))}" y2="${fixed(y(value))}" stroke="#ddd"/>` +
      `<text x="${left - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${escaped(amount(value))}</text>`
    );
  });
  const drawn = lines.map(({ course }, index) => pathOf(course, { y, colour: colourOf(index) }));
  const legend = lines.map(({ name }, index) => {
    const at = bottom + 46 + index * legendLine;
    return (
      `<rect x="${left}" y="${at - 9}" width="14" height="4" fill="${colourOf(index)}"/>` +
      `<text x="${left + 22}" y="${at - 3}">${escaped(name.slice(0, nameChars))}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="22" font-size="14">${escaped(title.slice(0, nameChars))}</text>`,
    ...grid,
    `<text x="${left}" y="${bottom + 18}">${escaped(fromText)}</text>`,
    `<text x="${width - right}" y="${bottom + 18}" text-anchor="end">${escaped(toText)}</text>`,
    ...drawn,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

/** From the lowest value to the highest; a level line gets room above and below. */
function rangeOf(lines: readonly ChartLine[]): { low: number; high: number } {
  const values = lines.flatMap(({ course }) => course.filter(value => value !== null));
  if (values.length === 0) return { low: 0, high: 1 };
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low !== high) return { low, high };
  const room = Math.abs(low) / 2 || 1;
  return { low: low - room, high: high + room };
}

/** A gap ends the line, and it begins anew after it; a value alone is a dot. */
function pathOf(
  course: readonly (number | null)[],
  { y, colour }: { y: (value: number) => number; colour: string },
): string {
  const x = (index: number) =>
    left + (course.length < 2 ? 0 : index / (course.length - 1)) * (width - left - right);
  let path = '';
  for (const [index, value] of course.entries()) {
    if (value === null) continue;
    const begins = index === 0 || (course[index - 1] ?? null) === null;
    const alone = begins && (course[index + 1] ?? null) === null;
    path += `${begins ? 'M' : 'L'}${fixed(x(index))} ${fixed(y(value))}${alone ? 'h0.1' : ''}`;
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linecap="round"/>`;
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? '#000000';
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, char => entities[char] ?? '');
}
