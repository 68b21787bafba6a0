import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { saidOf } from './failure.ts';
import { closeSocket } from './sockets.ts';

/** One connection that is to be carried to a port of a pod. */
export interface ForwardInput {
  pod: { name: string; namespace: string };
  port: number;
  /** The caller's end; it is ended or destroyed with the line. */
  connection: Duplex;
  signal: AbortSignal;
}

/** What went over a line that has ended. */
export interface Carried {
  sentBytes: number;
  receivedBytes: number;
  /** Why the node could not carry it, in its own words; absent: it could. */
  trouble?: string;
}

// Two streams, each of which begins with the two bytes of its port.
const stream = { data: 0, trouble: 1 } as const;
const portBytes = 2;
const troubleBytes = 4_096;
/** Sent and not yet on the wire: past this the caller's end waits. */
const waitingBytes = 1024 * 1024;
const lookAgainMs = 20;
/**
 * Whoever has ended their side may wait for an answer or be gone, and the pod cannot be told: the line is left when nothing
 * came back for this long.
 */
const lastAnswerMs = 60_000;

export function carry(socket: WebSocket, { connection, signal }: ForwardInput): Promise<Carried> {
  const carried = { sentBytes: 0, receivedBytes: 0 };
  const skipped = [0, 0];
  let trouble = Buffer.alloc(0);
  return new Promise(resolve => {
    const leave = (): void => closeSocket(socket);
    let lastAnswer: NodeJS.Timeout | undefined;
    const leaveUnanswered = (): void => {
      // What came is still being read by a slow caller.
      if (socket.isPaused) lastAnswer?.refresh();
      else leave();
    };
    signal.addEventListener('abort', leave, { once: true });
    socket.on('message', data => {
      if (!Buffer.isBuffer(data)) return;
      const [number] = data;
      if (number !== stream.data && number !== stream.trouble) return;
      const skip = Math.min(portBytes - (skipped[number] ?? 0), data.length - 1);
      skipped[number] = (skipped[number] ?? 0) + skip;
      const bytes = data.subarray(1 + skip);
      if (number === stream.trouble) {
        trouble = Buffer.concat([trouble, bytes]).subarray(0, troubleBytes);
        return;
      }
      carried.receivedBytes += bytes.length;
      lastAnswer?.refresh();
      if (connection.write(bytes)) return;
      socket.pause();
      connection.once('drain', () => socket.resume());
    });
    connection.on('data', (bytes: Buffer) => {
      if (socket.readyState !== socket.OPEN) return;
      carried.sentBytes += bytes.length;
      socket.send(Buffer.concat([Buffer.from([stream.data]), bytes]));
      if (socket.bufferedAmount > waitingBytes) holdBack(socket, connection);
    });
    connection.on('end', () => {
      if (socket.readyState === socket.OPEN) lastAnswer = setTimeout(leaveUnanswered, lastAnswerMs);
    });
    connection.on('error', () => connection.destroy());
    connection.on('close', leave);
    // A close follows, which tells the rest.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(lastAnswer);
      signal.removeEventListener('abort', leave);
      connection.end();
      resolve({ ...carried, ...(trouble.length === 0 ? {} : { trouble: saidOf(trouble.toString('utf8')) }) });
    });
    socket.resume();
    if (signal.aborted) leave();
  });
}

function holdBack(socket: WebSocket, connection: Duplex): void {
  connection.pause();
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount > waitingBytes) return;
    clearInterval(timer);
    connection.resume();
  }, lookAgainMs);
}
