import { VigieError } from '../../core/errors.ts';

/** A path of 4 kB, every byte of which is written as an escape, and what else is said of a file. */
const lineChars = 64 * 1024;

/** What restic prints, line by line, as fast as it is taken. @throws VigieError BAD_RESPONSE for a line without end */
export async function* printedLines(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of output) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineChars) throw new VigieError('BAD_RESPONSE', 'restic printed a line without end.');
    yield* lines;
  }
  if (rest !== '') yield rest;
}
