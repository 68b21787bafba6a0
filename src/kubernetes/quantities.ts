// Quantities of the API (`500m`, `1.5Gi`, `1e3`) without rounding: an integer number of 10^-9 units.
import { VigieError } from '../core/errors.ts';

// Nano is the finest the API keeps; what is finer is rounded up, away from zero, as the server does.
const nanoDigits = 9;
const scale = 10n ** BigInt(nanoDigits);

/** A quantity in billionths of its unit: exact for every value the API can hold. */
export type Nano = bigint;

const binary: Record<string, bigint> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

const decimal: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

// More digits than any int64 with its fraction needs; it bounds the work a hostile text can ask for.
const maxTextLength = 64;
const maxExponent = 40;

const form = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** Reads a quantity; undefined when the text is none. */
export function readQuantity(value: string | number): Nano | undefined {
  const text = `${value}`;
  const found = text.length > maxTextLength ? null : form.exec(text);
  if (found === null) return undefined;
  const [, sign = '', digits = '', suffix = ''] = found;
  const [whole = '', fraction = ''] = digits.split('.');
  const unscaled = BigInt(`${whole}${fraction}` || '0');
  const multiplier = Object.hasOwn(binary, suffix) ? binary[suffix] : undefined;
  const exponent = multiplier === undefined ? exponentOf(suffix) : 0;
  if (Math.abs(exponent) > maxExponent) return undefined;
  const nano = shift(unscaled * (multiplier ?? 1n), exponent + nanoDigits - fraction.length);
  return sign === '-' ? -nano : nano;
}

/** As readQuantity. Throws INVALID_INPUT with the server's message when the text is no quantity. */
export function parseQuantity(value: string | number): Nano {
  const nano = readQuantity(value);
  if (nano !== undefined) return nano;
  throw new VigieError(
    'INVALID_INPUT',
    `${JSON.stringify(value)}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    { hint: 'Write a number with a unit, like 500m, 2, 1.5Gi or 1e3.' },
  );
}

/** Negative, zero or positive, as in a sort. Throws INVALID_INPUT. */
export function compareQuantities(left: string | number, right: string | number): number {
  const difference = parseQuantity(left) - parseQuantity(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the notation of the first that has a unit. No quantities add up to `0`. Throws INVALID_INPUT. */
export function addQuantities(quantities: readonly (string | number)[]): string {
  const total = quantities.reduce<Nano>((sum, quantity) => sum + parseQuantity(quantity), 0n);
  const isBinary = quantities.some(quantity => /[KMGTPE]i$/.test(`${quantity}`));
  return formatQuantity(total, isBinary ? 'binary' : 'decimal');
}

/** The canonical text: the largest suffix that leaves a whole number. Binary falls back to decimal under 1024 and for fractions. */
export function formatQuantity(nano: Nano, notation: 'binary' | 'decimal'): string {
  if (nano === 0n) return '0';
  if (notation === 'binary' && nano % scale === 0n) {
    const units = nano / scale;
    for (const [suffix, multiplier] of Object.entries(binary).toReversed()) {
      if (units % multiplier === 0n) return `${units / multiplier}${suffix}`;
    }
    return `${units}`;
  }
  for (const [suffix, exponent] of Object.entries(decimal).toSorted(([, a], [, b]) => b - a)) {
    const unit = 10n ** BigInt(exponent + nanoDigits);
    if (nano % unit === 0n) return `${nano / unit}${suffix}`;
  }
  return `${nano}n`;
}

/** The text as the server stores it (`1000m` → `1`, `0.5` → `500m`, `1024Mi` → `1Gi`); unchanged when it is no quantity. */
export function canonicalQuantity(value: string | number): string {
  const nano = readQuantity(value);
  if (nano === undefined) return `${value}`;
  const text = `${value}`;
  const power = /[eE]([+-]?\d+)$/.exec(text);
  if (power !== null) return formatExponent(nano);
  return formatQuantity(nano, /[KMGTPE]i$/.test(text) ? 'binary' : 'decimal');
}

/** As a number, for arithmetic that may round (percentages, charts). Throws INVALID_INPUT. */
export function quantityToNumber(value: string | number): number {
  return Number(parseQuantity(value)) / Number(scale);
}

// `1e3` keeps its notation: exponents in steps of three.
function formatExponent(nano: Nano): string {
  if (nano === 0n) return '0';
  for (let exponent = 18; exponent >= -nanoDigits; exponent -= 3) {
    const unit = 10n ** BigInt(exponent + nanoDigits);
    if (nano % unit === 0n) return exponent === 0 ? `${nano / unit}` : `${nano / unit}e${exponent}`;
  }
  return `${nano}e-${nanoDigits}`;
}

function exponentOf(suffix: string): number {
  return /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : (decimal[suffix] ?? 0);
}

function shift(value: bigint, digits: number): bigint {
  if (digits >= 0) return value * 10n ** BigInt(digits);
  const divisor = 10n ** BigInt(-digits);
  return value === 0n ? 0n : (value + divisor - 1n) / divisor;
}
