import type { WebSocket } from 'ws';
import { isObject, type Json, type JsonObject, objectsIn, textIn } from '../../core/json.ts';
import { saidOf } from './failure.ts';

/** The fifth version adds an end of stdin; servers before 1.30 have the fourth alone. */
const endsInput = 'v5.channel.k8s.io';
/** What commands are run over, the better one first. */
export const protocols = [endsInput, 'v4.channel.k8s.io'];

/** Streams are numbered: each message is one byte that names one, and what it carries. */
export const stream = { stdin: 0, stdout: 1, stderr: 2, outcome: 3, close: 255 } as const;

/** The outcome is a Status; one that is larger is made to fill memory, and left as a flood. */
export const outcomeBytes = 1024 * 1024;

/** Frames of the size that API servers pass on in one piece. */
const inputFrameBytes = 32 * 1024;

/** How a command ended, as the node tells it. */
export type Outcome =
  | { how: 'exited'; code: number }
  /** The node could not run it, or lost it; in its own words. */
  | { how: 'failed'; why: string };

export function takesInputEnd(socket: WebSocket): boolean {
  return socket.protocol === endsInput;
}

/** Frame by frame, as fast as the line takes them; what a line that has ended does not take is dropped. */
export async function sendFrames(socket: WebSocket, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length && socket.readyState === socket.OPEN; at += inputFrameBytes)
    await sent(socket, [Buffer.from([stream.stdin]), bytes.subarray(at, at + inputFrameBytes)]);
}

/** Tells the command that its stdin has ended; only where the line takes that. */
export async function endInput(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.OPEN) await sent(socket, [Buffer.from([stream.close, stream.stdin])]);
}

function sent(socket: WebSocket, pieces: readonly Uint8Array[]): Promise<void> {
  return new Promise(done => socket.send(Buffer.concat(pieces), () => done()));
}

const exitCode = /^-?[1-9]\d{0,9}$/;

/** What the stream of the outcome says; undefined: nothing whole. */
export function endOf(outcome: string): Outcome | undefined {
  const status = parsed(outcome);
  if (status?.status === 'Success') return { how: 'exited', code: 0 };
  if (status?.status !== 'Failure') return undefined;
  const details = isObject(status.details) ? status.details : {};
  const cause = objectsIn(details.causes).find(each => each.reason === 'ExitCode');
  const code = textIn(cause?.message);
  // A failure with the code of a success, or with none, is one all the same.
  if (status.reason === 'NonZeroExitCode' && exitCode.test(code))
    return { how: 'exited', code: Number(code) };
  return { how: 'failed', why: saidOf(textIn(status.message)) };
}

function parsed(outcome: string): JsonObject | undefined {
  try {
    const value = JSON.parse(outcome) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
