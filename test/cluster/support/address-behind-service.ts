import { spawnSync } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';

/** Of a range for documentation, which leads nowhere: on the loopback device nobody else reaches it. */
const address = '192.0.2.53';

/**
 * An address of this machine alone that a pod may have, as 127.0.0.1 is for none behind a Service, whose port leads to one of
 * 127.0.0.1. Undefined where this machine lets nobody add one.
 */
export async function startAddressBehindService(
  port: number,
): Promise<{ address: string; close(): Promise<void> } | undefined> {
  if (spawnSync('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']).status !== 0) return undefined;
  const sockets = new Set<Socket>();
  const server = createServer(from => {
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => {
        from.destroy();
        to.destroy();
      });
      socket.on('close', () => sockets.delete(socket));
    }
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return {
    address,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>(resolve => server.close(() => resolve()));
      spawnSync('ip', ['address', 'del', `${address}/32`, 'dev', 'lo']);
    },
  };
}
