import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Some programs look for settings, or for code, where they are started. So none starts in a folder that others may write
// to, as the temporary one, nor where whoever called Vigie stands.

const made = new Set<string>();
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that only this user may enter, for one program. What was left in it goes with it. Throws as mkdtemp. */
export async function makeOwnFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vigie-run-'));
  made.add(path);
  return {
    path,
    async remove() {
      // Of a program that has ended well nothing is wanted any more: what cannot be taken away changes no outcome.
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
      made.delete(path);
    },
  };
}
