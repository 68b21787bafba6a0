import { isObject, type Json } from '../core/json.ts';

/** A value as Go prints it (`%v`), in which API servers quote what they were sent: `map[spec:map[replicas:x]]`. */
export function goText(value: Json): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, member]) => (member === undefined ? [] : [`${key}:${goText(member)}`]));
  return `map[${members.join(' ')}]`;
}

/** Integers in full as far as 64 bits hold them; else with an exponent of two digits from a million on. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return String(BigInt(value));
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
