import type { Unit } from './units.ts';

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const decimal = ['', 'k', 'M', 'G', 'T'];

/** A value as people read it: `1.5 GiB`, `250 ms`, `4.21%`, `12.3k/s`; three to four figures, since a table is compared. */
export function amountText(value: number, { base, perSecond }: Unit): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return plainAmount(value, base) + (perSecond ? '/s' : '');
}

function plainAmount(value: number, base: Unit['base']): string {
  switch (base) {
    case 'bytes':
      return scaled(value, { units: binary, step: 1024, between: ' ' });
    case 'seconds':
      return secondsText(value);
    case 'ratio':
      return `${figures(value * 100)}%`;
    case 'percent':
      return `${figures(value)}%`;
    case 'celsius':
      return `${figures(value)}°C`;
    case 'timestamp':
      return timeText(value);
    case 'count':
    case 'none':
      return scaled(value, { units: decimal, step: 1000, between: '' });
  }
}

/** A time as the day and the second of it; what is out of all days as its number. */
export function timeText(seconds: number): string {
  const date = new Date(Math.round(seconds * 1000));
  return Number.isNaN(date.getTime()) ? figures(seconds) : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** JSON knows neither NaN nor infinity. */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : amountText(value, { base: 'none', perSecond: false });
}

function scaled(
  value: number,
  { units, step, between }: { units: readonly string[]; step: number; between: string },
): string {
  let [rest, index] = [value, 0];
  // What is under ten thousand of a count is read without a letter.
  const least = step === 1000 ? 10_000 : step;
  if (Math.abs(rest) >= least)
    while (Math.abs(rest) >= step && index < units.length - 1) {
      rest /= step;
      index += 1;
    }
  return `${figures(rest)}${units[index] === '' ? '' : between}${units[index] ?? ''}`;
}

function secondsText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1e-6) return `${figures(value * 1e9)} ns`;
  if (size < 1e-3) return `${figures(value * 1e6)} µs`;
  if (size < 1) return `${figures(value * 1e3)} ms`;
  if (size < 600) return `${figures(value)} s`;
  if (size < 86_400) return `${figures(value / 3600)} h`;
  return `${figures(value / 86_400)} d`;
}

/** Four figures at most, whole numbers whole. */
function figures(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace('e+', 'e');
  return String(Number(size >= 1000 ? value.toFixed(0) : value.toPrecision(size >= 100 ? 4 : 3)));
}
