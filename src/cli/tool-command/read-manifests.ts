import { open } from 'node:fs/promises';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** The text of the named files, `-` being stdin, as documents of one text. INVALID_INPUT: a file cannot be read or is too large. */
export async function readManifests(
  files: readonly string[],
  stdin: AsyncIterable<unknown>,
): Promise<string> {
  const texts: string[] = [];
  for (const file of files) texts.push(file === '-' ? await readStream(stdin) : await readFile(file));
  return texts.join('\n---\n');
}

async function readFile(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      return await readStream(handle.createReadStream({ autoClose: false }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof VigieError) throw error;
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new VigieError('INVALID_INPUT', `The manifest ${file} cannot be read (${why}).`, { cause: error });
  }
}

async function readStream(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes > limits.manifestBytes)
      throw new VigieError('INVALID_INPUT', `The manifest is larger than ${limits.manifestBytes} bytes.`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
