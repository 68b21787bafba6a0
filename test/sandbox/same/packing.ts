import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';

// The same spec stands in a dozen answers. Written down once, it is named by a hash of its text wherever it comes again:
// unlike a number, that does not change with what is recorded before it.

/** Shorter values are not worth a name. */
const leastCharacters = 100;
const mark = '=';

/** Packs or unpacks the values of one file, in their order. */
export class Packing {
  #known = new Map<string, Json>();

  pack(value: Json): Json {
    if (typeof value !== 'object' || value === null) return value;
    const name = nameOf(value);
    if (name !== undefined && this.#known.has(name)) return { [mark]: name };
    const packed = mapped(value, member => this.pack(member));
    if (name !== undefined) this.#known.set(name, value);
    return packed;
  }

  unpack(value: Json): Json {
    if (typeof value !== 'object' || value === null) return value;
    const name = isObject(value) ? value[mark] : undefined;
    if (typeof name === 'string') {
      const known = this.#known.get(name);
      if (known === undefined) throw new Error(`nothing before this line is named ${name}`);
      return known;
    }
    const unpacked = mapped(value, member => this.unpack(member));
    const own = nameOf(unpacked);
    if (own !== undefined) this.#known.set(own, unpacked);
    return unpacked;
  }
}

function nameOf(value: Json): string | undefined {
  const text = JSON.stringify(value);
  return text.length < leastCharacters
    ? undefined
    : createHash('sha256').update(text).digest('hex').slice(0, 10);
}

function mapped(value: Json[] | JsonObject, change: (member: Json) => Json): Json[] | JsonObject {
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, change(member)]])),
  );
}
