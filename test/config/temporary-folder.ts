import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file that only its owner may write, or with the mode given. */
export async function place(file: string, ...[text, mode = 0o600]: [string, number?]): Promise<string> {
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}
