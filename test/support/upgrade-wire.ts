import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay before a server that sees where a connection leaves HTTP. */
export interface UpgradeWire {
  url: string;
  /** How often the server has answered that it does. */
  upgrades(): number;
  close(): Promise<void>;
}

/** `hold`: the server's answer that a connection leaves HTTP gets no further than here. */
export async function startUpgradeWire(
  server: string,
  { hold }: { hold: 'answer' | 'nothing' },
): Promise<UpgradeWire> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let upgrades = 0;
  const relay = createServer(near => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.on('data', bytes => far.write(bytes));
    far.on('data', bytes => {
      const upgrade = bytes.subarray(0, 12).toString('latin1') === 'HTTP/1.1 101';
      if (!upgrade || hold === 'nothing') near.write(bytes);
      // By now the other end can read it.
      if (upgrade) upgrades += 1;
    });
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port: own } = relay.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    upgrades: () => upgrades,
    async close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
      await once(relay, 'close');
    },
  };
}
