import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * Where the playbooks lie that come with Vigie: the build puts them into dist/playbooks, and this module into dist or
 * dist/chunks; in a checkout they lie at its top.
 */
const places = import.meta.url.endsWith('.ts') ? ['../../../playbooks/'] : ['./playbooks/', '../playbooks/'];

/** Undefined: they are missing from this installation. */
export async function shippedFolder(): Promise<string | undefined> {
  for (const place of places) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    const facts = await stat(folder).catch(() => undefined);
    if (facts?.isDirectory() === true) return folder;
  }
  return undefined;
}
