import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';
import { badResponse } from './bad-response.ts';
import type { EndpointAnswer } from './endpoint.ts';
import { tooSlow } from './line-timing.ts';
import { readingError } from './network-errors.ts';
import { parseJson } from './parse-json.ts';
import { saidIn } from './said.ts';

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
}

/** The answer that begins with this head, or the error it stands for: the one place where statuses of systems are read. */
export async function receive(response: IncomingMessage, exchange: Exchange): Promise<EndpointAnswer> {
  const status = response.statusCode ?? 0;
  const refusal = status >= 300;
  const answer = answerOf(response, refusal ? { ...exchange, maxBytes: refusalBytes } : exchange);
  if (status >= 200 && !refusal) return answer;
  const { server } = exchange;
  switch (status) {
    case 401:
      answer.discard();
      throw new VigieError('UNAUTHENTICATED', `${server} did not accept the credentials (401)`, {
        hint: 'Check token, user and password of the endpoint in vigie.yaml; vigie doctor tries them.',
        details: { server },
      });
    case 403: {
      const said = await saidIn(answer);
      throw new VigieError(
        'FORBIDDEN',
        withSaid(`${server} does not let these credentials do that (403)`, said),
        {
          hint: 'Give the account of the endpoint in vigie.yaml the right, or name another one there.',
          details: { server, said },
        },
      );
    }
    default:
  }
  if (status >= 300 && status < 400) {
    answer.discard();
    throw badResponse(server, `it sends us elsewhere (${status}), and no redirect is followed`, { status });
  }
  if (status >= 500 || status === 429) {
    const said = await saidIn(answer);
    const busy = status === 429 || (status >= 502 && status <= 504);
    throw new VigieError('SERVER_ERROR', withSaid(`${server} failed to answer (${status})`, said), {
      ...(busy ? { hint: trusted`Ask again in a while, or for less.` } : {}),
      details: { server, status, said, ...unknownAfter(exchange) },
      retryable: busy && !exchange.mayHaveArrived,
    });
  }
  if (status < 200) throw badResponse(server, `its status is ${status}`);
  return answer;
}

function withSaid(message: string, said: string): string {
  return said === '' ? message : `${message}: ${said}`;
}

function unknownAfter({ mayHaveArrived }: Exchange): { outcomeUnknown?: true } {
  return mayHaveArrived ? { outcomeUnknown: true } : {};
}

function answerOf(response: IncomingMessage, exchange: Exchange): EndpointAnswer {
  const { server, maxBytes } = exchange;
  const timer = setTimeout(
    () =>
      response.destroy(tooSlow(server, `did not finish its answer within ${exchange.deadlineMs / 1000} s`)),
    Math.max(0, exchange.deadlineAt - performance.now()),
  );
  response.once('close', () => clearTimeout(timer));
  const chunks = bodyOf(response, exchange);
  const whole = async (): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const part of chunks) parts.push(part);
    return Buffer.concat(parts);
  };
  return {
    status: response.statusCode ?? 0,
    headers: plainHeaders(response.headers),
    body: chunks,
    text: async () => (await whole()).toString('utf8'),
    json: async () => parseJson(await whole(), server),
    discard: () => void response.destroy(),
  };

  async function* bodyOf(from: IncomingMessage, at: Exchange): AsyncGenerator<Uint8Array> {
    const encoding = from.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && encoding !== 'gzip') {
      from.destroy();
      throw badResponse(server, 'it is encoded in a way that was not asked for', unknownAfter(at));
    }
    // What fails below surfaces through the last stream, which is the one that is read.
    const source: AsyncIterable<Buffer> =
      encoding === 'gzip' ? pipeline(from, createGunzip(), () => {}) : from;
    let bytes = 0;
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > maxBytes)
          throw badResponse(server, `it is larger than ${maxBytes} bytes`, {
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
}

function plainHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
