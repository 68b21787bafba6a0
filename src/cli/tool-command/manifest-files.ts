import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { trusted } from '../../core/trusted-text.ts';

// More is a folder of something else: a call takes a hundred objects.
const mostFiles = 1_000;
const deepest = 20;

/**
 * The files that a path names: itself, or of a folder and those in it, in order, what ends in .yaml, .yml or .json. What
 * begins with a dot is left out, and links to folders, which may lead in circles.
 * @throws VigieError INVALID_INPUT: there is none, too many, or a kustomization among them
 */
export async function manifestFiles(path: string): Promise<string[]> {
  const files: string[] = [];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    await collect(path, { files, depth: 0 });
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw new VigieError('INVALID_INPUT', `The manifest ${path} ${faultText(error)}.`, {
      hint: trusted`See what is there: ls -la ${dirname(path)}`,
      cause: error,
    });
  }
  if (files.length > 0) return files;
  throw new VigieError('INVALID_INPUT', `The folder ${path} holds no .yaml, .yml or .json file.`);
}

async function collect(folder: string, at: { files: string[]; depth: number }): Promise<void> {
  if (at.depth > deepest) throw new VigieError('INVALID_INPUT', `The folder ${folder} lies too deep.`);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (/^kustomization(?:\.ya?ml)?$/i.test(entry.name) && !entry.isDirectory())
      throw new VigieError('INVALID_INPUT', `The folder ${folder} holds a kustomization.`, {
        hint: 'Have it rendered: give the folder with -k instead of -f.',
      });
    if (entry.isDirectory()) await collect(path, { files: at.files, depth: at.depth + 1 });
    else if (/\.(?:ya?ml|json)$/.test(entry.name) && (await isFile(path))) at.files.push(path);
    if (at.files.length > mostFiles)
      throw new VigieError('INVALID_INPUT', `The folder ${folder} holds more than ${mostFiles} manifests.`);
  }
}

const faults: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by you',
  ELOOP: 'is a link that leads in a circle',
};

/** Why a file could not be read, in words where there are some. */
export function faultText(error: unknown): string {
  const code = systemCode(error) ?? 'unknown';
  return (Object.hasOwn(faults, code) ? faults[code] : undefined) ?? `cannot be read (${code})`;
}

/** Pipes and devices in a folder are nobody's manifest, and would be waited for. */
async function isFile(path: string): Promise<boolean> {
  return (await stat(path)).isFile();
}
