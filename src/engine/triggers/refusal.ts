import type { IncomingMessage } from 'node:http';

/** Why a request goes no further. */
export interface Refusal {
  status: number;
  message: string;
  headers?: Record<string, string>;
}

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** What is looked at before anything is read: a page in a browser is no sender, nor is who calls this by another name. */
export function refuseRequest(request: IncomingMessage, hostnames: readonly string[]): Refusal | undefined {
  const { method, headers, url = '' } = request;
  const host = /^(\[[^\]]*\]|[^:]*)(:\d{1,5})?$/.exec(headers.host ?? '')?.[1]?.toLowerCase();
  if (host === undefined || ![...loopback, ...hostnames.map(each => each.toLowerCase())].includes(host))
    return { status: 403, message: 'The Host header names another server.' };
  if (headers.origin !== undefined) return { status: 403, message: 'Pages may not call this server.' };
  if (url.includes('?')) return { status: 400, message: 'No query is taken.' };
  if (method !== 'POST') return { status: 405, message: 'Only POST is served.', headers: { allow: 'POST' } };
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'The content type must be application/json.' };
  return undefined;
}
