import { existsSync, readFileSync } from 'node:fs';
import { VigieError } from '../core/errors.ts';

/** Beside this file in a checkout; the build puts the texts into dist/prompts, and this module into dist or dist/chunks. */
const places = ['./', './prompts/', '../prompts/'];

const loaded = new Map<string, string>();

/** One of the texts of this folder, by its name without `.md`. Read once. */
export function loadText(name: string): string {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  for (const place of places) {
    const file = new URL(`${place}${name}.md`, import.meta.url);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    loaded.set(name, text);
    return text;
  }
  throw new VigieError('INTERNAL', `The text ${name}.md is missing from this installation.`);
}
