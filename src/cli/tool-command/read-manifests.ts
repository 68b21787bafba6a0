import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { trusted } from '../../core/trusted-text.ts';
import { faultText, manifestFiles } from './manifest-files.ts';
import { betweenFiles, type ManifestPlace, placesOf } from './manifest-place.ts';
import { renderKustomization } from './render-kustomization.ts';

/** Where the documents of a call stand: files and folders (`-` being stdin), and folders of kustomizations. */
export interface ManifestPlaces {
  files: readonly string[];
  kustomizations: readonly string[];
}

/**
 * The text of all of them, as documents of one text, and where each begins in it. INVALID_INPUT: a file cannot be read or is too large, or a
 * kustomization is not rendered.
 */
export async function readManifests(
  { files, kustomizations }: ManifestPlaces,
  from: { stdin: AsyncIterable<unknown>; signal: AbortSignal },
): Promise<{ text: string; places: ManifestPlace[] }> {
  const texts: { file: string; text: string }[] = [];
  let bytes = 0;
  const add = (file: string, text: string) => {
    bytes += Buffer.byteLength(text);
    if (bytes > limits.manifestBytes) throw tooLarge();
    texts.push({ file, text });
  };
  for (const path of files) {
    if (path === '-') add('stdin', await readStream(from.stdin));
    else for (const file of await manifestFiles(path)) add(file, await readFile(file));
  }
  for (const folder of kustomizations) add(folder, await renderKustomization(folder, from.signal));
  return { text: texts.map(({ text }) => text).join(betweenFiles), places: placesOf(texts) };
}

async function readFile(file: string): Promise<string> {
  try {
    // Opened, a pipe that nobody writes to is waited for and not even Ctrl-C ends it; a shell's own (`<(…)`, /dev/stdin) has a writer.
    if (!file.startsWith('/dev/') && (await stat(file)).isFIFO()) throw aPipe(file);
    const handle = await open(file, 'r');
    try {
      return await readStream(handle.createReadStream({ autoClose: false }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw new VigieError('INVALID_INPUT', `The manifest ${file} ${faultText(error)}.`, {
      hint: trusted`See what is there: ls -la ${dirname(file)}`,
      cause: error,
    });
  }
}

async function readStream(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes > limits.manifestBytes) throw tooLarge();
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function aPipe(file: string): VigieError {
  return new VigieError('INVALID_INPUT', `The manifest ${file} is a pipe.`, {
    hint: 'Read it through standard input: -f - < PIPE.',
  });
}

function tooLarge(): VigieError {
  return new VigieError('INVALID_INPUT', `The manifest is larger than ${limits.manifestBytes} bytes.`);
}
