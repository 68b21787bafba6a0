import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ground } from './ground.ts';

/** A server that nobody has any business with: whatever arrives was led astray. */
export interface Trap {
  url: string;
  /** Host and port. */
  host: string;
  caught: string[];
}

export async function setTrap(ground: Ground): Promise<Trap> {
  const caught: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    caught.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.end('{}');
  });
  server.on('connection', () => caught.push('a connection'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ground.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, caught };
}
