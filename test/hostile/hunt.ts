import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every spelling in which a value could be found by somebody who looks for it. */
function spellingsOf(value: string): [how: string, text: string][] {
  const bytes = Buffer.from(value);
  const shifted = (offset: number) =>
    Buffer.concat([Buffer.alloc(offset, 'x'), bytes])
      .toString('base64')
      .replace(/=+$/, '');
  return [
    ['raw', value],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    // What neighbours share a character with is cut off at both ends, so that each alignment is found anywhere.
    ['base64, first alignment', shifted(0).slice(0, -1)],
    ['base64, second alignment', shifted(1).slice(2, -1)],
    ['base64, third alignment', shifted(2).slice(3, -1)],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['URL', encodeURIComponent(value)],
    ['reversed', Array.from(value).toReversed().join('')],
    // Half of it is enough to guess the rest.
    ['first half', value.slice(0, Math.ceil(value.length / 2))],
    ['second half', value.slice(Math.floor(value.length / 2))],
  ];
}

/** Where planted values stand in a text or a file: `label: name of the value, spelling`. */
export function findings(
  label: string,
  text: string | Buffer,
  planted: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(planted).flatMap(([name, value]) =>
    spellingsOf(value)
      .filter(([, spelled]) => text.includes(spelled))
      .map(([how]) => `${label}: ${name}, ${how}`),
  );
}

/** Every file below a folder with its bytes. */
export function filesBelow(folder: string): [name: string, bytes: Buffer][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .map(name => [name, readFileSync(name)]);
}
