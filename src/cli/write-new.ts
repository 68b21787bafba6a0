import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import type { Trusted } from '../core/trusted-text.ts';

/** Never overwrites, and never follows a link that somebody put there. @throws VigieError ALREADY_EXISTS, INVALID_CONFIG */
export async function writeNew(file: string, { text, hint }: { text: string; hint: Trusted }): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = systemCode(error) ?? 'unknown';
    if (code === 'EEXIST')
      throw new VigieError('ALREADY_EXISTS', `${file} exists, and Vigie never overwrites a file.`, {
        hint,
        cause: error,
      });
    throw new VigieError('INVALID_CONFIG', `${file} cannot be written (${code}).`, { cause: error });
  }
}
