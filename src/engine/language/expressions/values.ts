import { isObject, type Json } from '../../../core/json.ts';
import { caps } from '../caps.ts';

// Numbers differ between JSON and CEL: there 2 is a whole number that nothing but whole numbers is added to, and JSON
// does not tell 2 from 2.0. So what is whole goes in as one, except where a number was declared.

/** JSON as CEL holds it: whole numbers as such, and mappings as maps, since of an object `constructor` would be its class. `decimal`: numbers stay as they are. */
export function celValue(value: unknown, { decimal = false }: { decimal?: boolean } = {}): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !decimal ? BigInt(value) : value;
  if (Array.isArray(value)) {
    if (value.length > caps.listItems) throw new RangeError(`a list has more than ${caps.listItems} items`);
    return value.map(item => celValue(item));
  }
  if (!isObject(value)) return value ?? null;
  return new Map(Object.entries(value).map(([key, member]) => [key, celValue(member)]));
}

/** What an expression came to as JSON. @throws RangeError where JSON has nothing for it */
export function jsonValue(value: unknown, budget: { values: number } = { values: caps.valueBytes }): Json {
  if (--budget.values < 0) throw new RangeError(`it comes to more than ${caps.valueBytes} bytes`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError('it comes to a whole number beyond 2^53');
    return number;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('it comes to no number');
    return value;
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(item => jsonValue(item, budget));
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, member]) => [String(key), jsonValue(member, budget)]));
  if (isObject(value) && isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonValue(member, budget)]));
  throw new RangeError('it comes to something that JSON has not, such as a duration or a type');
}

/** A mapping, and nothing that CEL has a class for. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
