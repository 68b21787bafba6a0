import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** Of the message that begins a connection: its length, and the version of the protocol. */
const headBytes = 8;

/**
 * What PgBouncer does with `options` of a connection: it refuses it, or, with `ignore_startup_parameters = options`, leaves
 * them out. Every connection has a server's of its own; without TLS.
 */
export async function startFakePooler(
  server: { host: string; port: number },
  { options }: { options: 'refused' | 'left out' },
): Promise<number> {
  const pooler = createServer(client => {
    client.on('error', () => undefined);
    client.once('data', first => {
      if (options === 'refused') return void client.end(refusal('unsupported startup parameter: options'));
      const upstream = connect(server.port, server.host);
      upstream.on('error', () => undefined);
      upstream.write(withoutOptions(first));
      client.pipe(upstream).pipe(client);
    });
  });
  pooler.listen(0, '127.0.0.1');
  await once(pooler, 'listening');
  onTestFinished(() => void pooler.close());
  return (pooler.address() as AddressInfo).port;
}

function withoutOptions(message: Buffer): Buffer {
  const words = message.subarray(headBytes).toString('utf8').split('\0');
  const kept: string[] = [];
  for (let at = 0; words[at] !== ''; at += 2)
    if (words[at] !== 'options') kept.push(`${words[at]}\0${words[at + 1]}\0`);
  const made = Buffer.concat([message.subarray(0, headBytes), Buffer.from(`${kept.join('')}\0`)]);
  made.writeInt32BE(made.length);
  return made;
}

function refusal(text: string): Buffer {
  const said = Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${text}\0\0`);
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(said.length + 4, 1);
  return Buffer.concat([head, said]);
}
