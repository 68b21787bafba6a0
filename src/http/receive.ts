import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { VigieError } from '../core/errors.ts';
import { badResponse } from './bad-response.ts';
import type { EndpointAnswer } from './endpoint.ts';
import { flowing } from './flowing.ts';
import { tooSlow } from './line-timing.ts';
import { readingError } from './network-errors.ts';
import { parseJson } from './parse-json.ts';
import { errorFor, unknownAfter } from './refusal.ts';

/** A refusal is a sentence; more is some proxy's page. */
const refusalBytes = 64 * 1024;

/** What is known of the exchange when the head of its answer is there. */
export interface Exchange {
  server: string;
  signal: AbortSignal;
  /** Of `performance.now()`. */
  deadlineAt: number;
  deadlineMs: number;
  maxBytes: number;
  /** The request is no GET. */
  mayHaveArrived: boolean;
  /** The error that a refusal stands for, where whoever is in between speaks. Absent: the system itself always does. */
  refusal?: (answer: { status: number; body: Buffer }) => VigieError | undefined;
}

/** The answer that begins with this head. @throws VigieError what a refusal stands for: see Endpoint.send */
export async function receive(response: IncomingMessage, exchange: Exchange): Promise<EndpointAnswer> {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return answerOf(response, exchange);
  const { server } = exchange;
  if (status < 400) {
    response.destroy();
    throw badResponse(server, `it sends us elsewhere (${status}), and no redirect is followed`, { status });
  }
  // The head has refused: a body that is too large, stopped or broken only lacks the reasons.
  const body = await wholeOf(bodyOf(response, { ...exchange, maxBytes: refusalBytes })).catch(() =>
    Buffer.alloc(0),
  );
  const error = exchange.refusal?.({ status, body }) ?? errorFor({ status, body }, exchange);
  if (error !== undefined) throw error;
  return {
    ...answerFrom(once(body), server),
    status,
    headers: plainHeaders(response.headers),
    discard: () => {},
  };
}

function answerOf(response: IncomingMessage, exchange: Exchange): EndpointAnswer {
  return {
    ...answerFrom(bodyOf(response, exchange), exchange.server),
    status: response.statusCode ?? 0,
    headers: plainHeaders(response.headers),
    discard: () => void response.destroy(),
  };
}

function answerFrom(
  body: AsyncIterable<Uint8Array>,
  server: string,
): Pick<EndpointAnswer, 'body' | 'text' | 'json'> {
  return {
    body,
    text: async () => (await wholeOf(body)).toString('utf8'),
    json: async () => parseJson(await wholeOf(body), server),
  };
}

async function* once(body: Buffer): AsyncGenerator<Uint8Array> {
  yield body;
}

async function wholeOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** The body as it comes, from now on within its deadline. */
function bodyOf(response: IncomingMessage, exchange: Exchange): AsyncIterable<Uint8Array> {
  const timer = setTimeout(
    () =>
      response.destroy(
        tooSlow(exchange.server, `did not finish its answer within ${exchange.deadlineMs / 1000} s`),
      ),
    Math.max(0, exchange.deadlineAt - performance.now()),
  );
  response.once('close', () => clearTimeout(timer));
  return chunksOf(response, exchange);
}

async function* chunksOf(from: IncomingMessage, at: Exchange): AsyncGenerator<Uint8Array> {
  const encoding = from.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    from.destroy();
    throw badResponse(at.server, 'it is encoded in a way that was not asked for', unknownAfter(at));
  }
  // What fails below surfaces through the last stream, which is the one that is read.
  const source = encoding === 'gzip' ? pipeline(from, createGunzip(), () => {}) : from;
  let bytes = 0;
  try {
    for await (const chunk of flowing(source)) {
      bytes += chunk.length;
      if (bytes > at.maxBytes)
        throw badResponse(at.server, `it is larger than ${at.maxBytes} bytes`, {
          tooLarge: true,
          ...unknownAfter(at),
        });
      yield chunk;
    }
  } catch (error) {
    throw readingError(error, at);
  } finally {
    if (!from.complete) from.destroy();
  }
}

function plainHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
