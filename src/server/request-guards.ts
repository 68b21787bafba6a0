import type { IncomingMessage } from 'node:http';
import { isJsonContentType, validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';

/** Why a request goes no further. */
export interface Refusal {
  status: number;
  message: string;
  headers?: Record<string, string>;
}

/** The one address that is served. */
export const mcpPath = '/mcp';

/**
 * What is checked before a request's token is looked at: address, Host (a page that rebinds its name to this machine
 * still says its own), Origin (a page in a browser; `null` is a page that hides), and that nothing rides in the query,
 * where proxies and histories would keep a token.
 */
export function refuseRequest(request: IncomingMessage, hostnames: readonly string[]): Refusal | undefined {
  const [path, query] = (request.url ?? '').split('?', 2);
  if (path !== mcpPath) return { status: 404, message: `Only ${mcpPath} is served here.` };
  const host = validateHostHeader(request.headers.host, [...hostnames]);
  if (!host.ok) return { status: 403, message: 'The Host header names another server.' };
  const origin = validateOriginHeader(request.headers.origin, [...hostnames]);
  if (!origin.ok) return { status: 403, message: 'Pages of that origin may not call this server.' };
  if (query !== undefined) {
    return { status: 400, message: 'No query is taken; a token goes in the Authorization header.' };
  }
  if (!['GET', 'POST', 'DELETE'].includes(request.method ?? '')) {
    return {
      status: 405,
      message: 'Only GET, POST and DELETE are served.',
      headers: { allow: 'GET, POST, DELETE' },
    };
  }
  if (request.method === 'POST' && !isJsonContentType(request.headers['content-type'])) {
    return { status: 415, message: 'The content type must be application/json.' };
  }
  return undefined;
}

/** The token of `Authorization: Bearer …`; undefined where there is none. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer ([\w.~+/-]{16,512}=*)$/i.exec(request.headers.authorization ?? '')?.[1];
}
