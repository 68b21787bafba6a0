import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Trusted } from '../../core/trusted-text.ts';
import { badResponse } from '../../http/bad-response.ts';
import { parseJson } from '../../http/parse-json.ts';

/** A whole answer of the server, unpacked. */
export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** How much an answer may hold, unpacked, and who to name when it holds more. */
export interface AnswerLimit {
  bytes: number;
  /** `ConfigMap/settings in shop`; the server where the answer is about nothing in particular. */
  from: string;
  hint?: Trusted;
}

/** Reads a response to its end. @throws VigieError BAD_RESPONSE too large, packed too tightly, or broken off */
export async function readBody(response: IncomingMessage, limit: AnswerLimit): Promise<Buffer> {
  const { from } = limit;
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    response.destroy();
    throw badResponse(from, 'it is encoded in a way that was not asked for');
  }
  let wireBytes = 0;
  let source: AsyncIterable<Buffer> = response;
  if (encoding === 'gzip') {
    response.on('data', (chunk: Buffer) => {
      wireBytes += chunk.length;
    });
    // Whatever fails surfaces through the last stream, which is read below.
    source = pipeline(response, createGunzip(), () => {});
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit.bytes) throw tooLarge(limit);
      if (encoding === 'gzip' && bytes > limits.gzipFloorBytes && bytes > wireBytes * limits.gzipRatio) {
        throw badResponse(from, `it unpacks to more than ${limits.gzipRatio} times its size`);
      }
      chunks.push(chunk);
    }
  } finally {
    // A whole answer leaves the connection open for the next request; anything else must not.
    if (!response.complete) response.destroy();
  }
  return Buffer.concat(chunks, bytes);
}

/** @throws VigieError BAD_RESPONSE when the body is no JSON object or nested too deeply */
export function parseObject(body: Buffer, from: string): JsonObject {
  const value = parseJson(body, from);
  if (!isObject(value)) throw badResponse(from, 'it is not a JSON object');
  return value;
}

function tooLarge({ bytes, from, hint }: AnswerLimit): VigieError {
  const message = `The answer of ${from} cannot be used: it is larger than ${bytes / 1024 / 1024} MB`;
  return new VigieError('BAD_RESPONSE', message, {
    ...(hint === undefined ? {} : { hint }),
    details: { tooLarge: true },
  });
}
