import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { JsonObject } from '../../core/json.ts';
import type { Cluster } from '../cluster.ts';
import { failure } from '../status.ts';
import type { User } from '../user.ts';

/** One request on its way to its answer. */
export interface Exchange {
  cluster: Cluster;
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  query: URLSearchParams;
  user: User;
  /** Sentences for Warning headers, collected until the answer is sent. */
  warnings: string[];
  /** Set where the client asks for another protocol than HTTP, with what came right behind its request. */
  upgrade?: { socket: Socket; head: Buffer } | undefined;
}

/** The real server's limit of a request body. */
const largestBodyBytes = 3 * 1024 * 1024;
/** Smaller answers travel faster as they are. */
const gzipFromBytes = 128 * 1024;
const compress = promisify(gzip);

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > largestBodyBytes) {
      throw failure(413, {
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: limit is ${largestBodyBytes}`,
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Answers with JSON text that is ready made. */
export async function sendText(
  exchange: Exchange,
  {
    status = 200,
    type = 'application/json',
    text,
    headers = {},
  }: {
    status?: number;
    type?: string;
    text: string;
    headers?: Record<string, string>;
  },
): Promise<void> {
  const { request, response } = exchange;
  let body = Buffer.from(text, 'utf8');
  const accepted = request.headers['accept-encoding'] ?? '';
  const compressed = body.length >= gzipFromBytes && /\bgzip\b/.test(accepted);
  // Level 1 as the real server: most of the gain for a fraction of the time.
  if (compressed) body = await compress(body, { level: 1 });
  setWarnings(exchange);
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-cache, private',
    ...(compressed ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
    ...headers,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export async function sendJson(exchange: Exchange, body: JsonObject, status = 200): Promise<void> {
  await sendText(exchange, { status, text: `${JSON.stringify(body)}\n` });
}

/** Puts the collected warnings on the answer; to be called before its head is written. */
export function setWarnings({ response, warnings }: Exchange): void {
  const lines = [...new Set(warnings)].map(text => `299 - "${text.replace(/["\\]/g, '\\$&')}"`);
  if (lines.length > 0) response.setHeader('warning', lines);
}
