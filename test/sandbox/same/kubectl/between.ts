import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Server } from '../ask.ts';

/** One request that kubectl made, with what it was answered. */
export interface Exchange {
  method: string;
  path: string;
  accept: string | undefined;
  contentType: string | undefined;
  /** Whom kubectl acts as. */
  impersonated: Record<string, string>;
  body: Buffer;
  status: number;
  type: string | undefined;
  warnings: string | undefined;
  text: string;
}

/** Stands between kubectl and a server, and writes down what passes, in the order in which it was asked. */
export interface Between {
  url: string;
  exchanges: Exchange[];
  close(): Promise<void>;
}

export async function standBetween(to: Server): Promise<Between> {
  const exchanges: Exchange[] = [];
  const server = createServer((asked, answer) => {
    pass(to, { asked, answer, exchanges }).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function pass(
  { url, token, authority }: Server,
  { asked, answer, exchanges }: { asked: IncomingMessage; answer: ServerResponse; exchanges: Exchange[] },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { accept, 'accept-encoding': _encoding, host: _host, ...headers } = asked.headers;
  const exchange: Exchange = {
    method: asked.method ?? '',
    path: asked.url ?? '',
    accept: inJson(accept),
    contentType: headers['content-type'],
    impersonated: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        name.startsWith('impersonate-') ? [[name, String(value)]] : [],
      ),
    ),
    body,
    status: 0,
    type: undefined,
    warnings: undefined,
    text: '',
  };
  exchanges.push(exchange);
  const send = authority === undefined ? plainRequest : tlsRequest;
  const sent = send(`${url}${exchange.path}`, {
    method: exchange.method,
    ca: authority,
    headers: {
      ...headers,
      ...(exchange.accept === undefined ? {} : { accept: exchange.accept }),
      authorization: `Bearer ${token}`,
    },
  });
  sent.on('response', response => {
    exchange.status = response.statusCode ?? 0;
    exchange.type = response.headers['content-type'];
    exchange.warnings = response.headers['warning']?.toString();
    answer.writeHead(exchange.status, response.headers);
    // Whoever watches waits for the head, also where nothing happens.
    answer.flushHeaders();
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      exchange.text += part;
      answer.write(part);
    });
    response.on('end', () => answer.end());
    response.on('error', () => answer.destroy());
  });
  answer.on('close', () => sent.destroy());
  sent.on('error', () => answer.destroy());
  sent.end(body);
}

/** Every kubectl takes JSON where it asks for protobuf first. */
function inJson(accept: string | undefined): string | undefined {
  if (accept === undefined) return undefined;
  const rest = accept.split(',').filter(range => !range.includes('protobuf'));
  return rest.length === 0 ? 'application/json' : rest.join(',');
}
