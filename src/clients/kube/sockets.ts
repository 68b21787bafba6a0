import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { WebSocket } from 'ws';
import { limits } from '../../core/limits.ts';
import { timeRequest } from '../../http/line-timing.ts';
import { networkError } from '../../http/network-errors.ts';
import { type Answer, readBody } from './answers.ts';
import { certificateHint, openRequest } from './transport.ts';

// A server sends frames of some kilobytes; a larger one is made to fill memory.
const largestFrameBytes = 16 * 1024 * 1024;
/** A refusal is a Status; more is some proxy's page. */
const refusalBytes = 1024 * 1024;

/**
 * Opens a WebSocket, paused until whoever listens to it resumes it, or answers why the server would not. @throws VigieError
 * UNREACHABLE, TIMEOUT, CANCELLED, BAD_RESPONSE; details.outcomeUnknown: the server may have begun what was asked
 */
export async function openSocket(
  at: { url: URL; options: RequestOptions },
  asked: { protocols: readonly string[]; signal: AbortSignal },
): Promise<{ socket: WebSocket } | { refusal: Answer }> {
  const { WebSocket } = await import('ws');
  const server = at.url.origin.replace(/^ws/, 'http');
  return new Promise((resolve, reject) => {
    let line: ReturnType<typeof timeRequest> | undefined;
    const settings = {
      ...at.options,
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: largestFrameBytes,
      finishRequest: (request: ClientRequest) => {
        line = timeRequest(request, { server, headMs: limits.requestMs });
        request.end();
      },
    };
    const socket = openRequest(() => new WebSocket(at.url, [...asked.protocols], settings));
    const stop = (): void => socket.terminate();
    asked.signal.addEventListener('abort', stop, { once: true });
    const settle = (): void => {
      line?.settle();
      asked.signal.removeEventListener('abort', stop);
    };
    socket.once('unexpected-response', (_request, response) => {
      settle();
      resolve(readRefusal(response, { server, signal: asked.signal }));
    });
    socket.once('open', () => {
      settle();
      socket.off('error', fail);
      socket.pause();
      resolve({ socket });
    });
    socket.once('error', fail);
    function fail(error: Error): void {
      settle();
      const mayHaveArrived = line?.connected() === true;
      reject(networkError(error, { server, signal: asked.signal, mayHaveArrived, certificateHint }));
    }
    if (asked.signal.aborted) stop();
  });
}

/** The head has refused: a body that is stopped, does not end or cannot be read only lacks the server's reasons. */
async function readRefusal(
  response: IncomingMessage,
  { server, signal }: { server: string; signal: AbortSignal },
): Promise<{ refusal: Answer }> {
  const cut = (): void => void response.destroy(new Error('The rest of a refusal is not waited for'));
  const timer = setTimeout(cut, limits.requestMs);
  signal.addEventListener('abort', cut, { once: true });
  const reading = readBody(response, { bytes: refusalBytes, from: server });
  if (signal.aborted) cut();
  const body = await reading.catch(() => Buffer.alloc(0));
  clearTimeout(timer);
  signal.removeEventListener('abort', cut);
  return { refusal: { status: response.statusCode ?? 0, headers: response.headers, body } };
}

/** How long a socket may take to say goodbye before its connection is cut. */
const goodbyeMs = 1_000;

/** Ends a socket in good manners, and after a while in any case. */
export function closeSocket(socket: WebSocket): void {
  socket.close(1000);
  const timer = setTimeout(() => socket.terminate(), goodbyeMs);
  socket.once('close', () => clearTimeout(timer));
}
