import { VigieError } from '../core/errors.ts';
import type { Command, Ended, Runner } from './runner.ts';

/** What a program printed, and how it ended: also one that failed on its way, or was cut off. */
export interface Printed {
  text: string;
  ended: Ended;
}

/**
 * Runs one program to its end, whatever that is: of several things that it was asked some may be answered.
 * @throws VigieError BAD_RESPONSE when it prints more than `maxBytes`, and what the runner throws
 */
export async function printedBy(
  { runner, maxBytes }: { runner: Runner; maxBytes: number },
  command: Command,
): Promise<Printed> {
  const tooMuch = new AbortController();
  const signal = AbortSignal.any([command.signal, tooMuch.signal]);
  const running = await runner.start({ ...command, signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of running.stdout) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else tooMuch.abort();
  }
  const ended = await running.ended;
  if (size > maxBytes)
    throw new VigieError('BAD_RESPONSE', `${command.argv[0]} on ${runner.where} printed without end.`);
  return { text: Buffer.concat(chunks).toString('utf8'), ended };
}
