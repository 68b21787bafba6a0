import type { Chart } from '../../metrics/chart-svg.ts';

const height = 12;
// Beside the scale, in a terminal of eighty columns.
const columns = 64;
const scaleChars = 12;

/** A chart as text. It knows no gaps: one is drawn level from the value before it, and said below. */
export async function terminalChart({ title, fromText, toText, lines, amount }: Chart): Promise<string> {
  const { default: asciichart } = await import('asciichart');
  const drawn = lines.filter(({ course }) => course.some(value => value !== null));
  const courses = drawn.map(({ course }) => filled(thinned(course)));
  const values = courses.flat();
  if (values.length === 0) return `${title}\n(nothing to draw)\n`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = low === high ? Math.abs(low) / 2 || 1 : 0;
  const plotted = asciichart.plot(courses, {
    height,
    min: low - room,
    max: high + room,
    format: value => amount(value).padStart(scaleChars),
  });
  const gaps = drawn.some(({ course }) => course.includes(null));
  return [
    title,
    plotted,
    `${' '.repeat(scaleChars + 1)}${fromText} … ${toText}`,
    ...drawn.map(({ name }) => `  ${name}`),
    ...(gaps ? ['  (where there was no value the line is drawn level)'] : []),
    '',
  ].join('\n');
}

/** As many values as there are columns: of each share the largest. */
function thinned(course: readonly (number | null)[]): (number | null)[] {
  if (course.length <= columns) return [...course];
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * course.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * course.length) / columns));
    const values = course.slice(from, to).filter(value => value !== null);
    return values.length === 0 ? null : Math.max(...values);
  });
}

function filled(course: readonly (number | null)[]): number[] {
  let last = course.find(value => value !== null) ?? 0;
  return course.map(value => {
    last = value ?? last;
    return last;
  });
}
