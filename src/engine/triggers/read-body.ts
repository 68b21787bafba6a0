import type { IncomingMessage } from 'node:http';
import type { Json } from '../../core/json.ts';
import { JsonMeter } from '../../core/json-meter.ts';
import type { Refusal } from './refusal.ts';

/** A thousand alerts with their annotations. */
const mostBytes = 1024 * 1024;

const tooLarge: Refusal = { status: 413, message: `A body may have ${mostBytes} bytes.` };

/** The body as it came: what was signed are its bytes. */
export async function readBytes(request: IncomingMessage): Promise<Buffer | Refusal> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    bytes += part.byteLength;
    if (bytes > mostBytes) return tooLarge;
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** What a body of somebody who proved himself holds. */
export function parseBody(body: Buffer): { value: Json } | Refusal {
  const more = new JsonMeter().feed(body);
  if (more !== undefined) return { status: 413, message: `A body may not have ${more}.` };
  try {
    const value: Json = JSON.parse(body.toString('utf8'));
    return { value };
  } catch {
    return { status: 400, message: 'The body is not JSON.' };
  }
}
