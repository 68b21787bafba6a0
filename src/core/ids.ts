import { randomInt } from 'node:crypto';

/** Crockford's base32 in lower case: no i, l, o or u to misread. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
/** The first character is a letter, so that no id reads as a number (`12345678`, `1e234567`) in YAML or a shell. */
const letters = alphabet.slice(10);
const idLength = 8;
const idPattern = new RegExp(`^[${alphabet}]{${idLength}}$`);

/** A new id of a change: a name that people can type (39 bits), never a capability. */
export function newId(): string {
  let id = letters.charAt(randomInt(letters.length));
  while (id.length < idLength) id += alphabet.charAt(randomInt(alphabet.length));
  return id;
}

/** An id as typed, with the characters people confuse put right; undefined when it cannot be one. */
export function readId(typed: string): string | undefined {
  const id = typed.trim().toLowerCase().replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return idPattern.test(id) ? id : undefined;
}
