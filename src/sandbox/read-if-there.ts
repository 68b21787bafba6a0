import { readFile } from 'node:fs/promises';
import { systemCode } from '../core/system-error.ts';

/** The text of a file; undefined: there is none. */
export async function readIfThere(path: URL | string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
