import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What happens to a COMMIT on its way. `before`: it never arrives; `after`: it does, and its answer is lost; `for good`:
 * so it is, and from then on nobody gets through.
 */
type Cut = 'before' | 'after' | 'for good';

export interface PostgresWire {
  port: number;
  /** The next COMMIT, and no other. */
  cutCommit(how: Cut): void;
  /** After it whoever connects comes to that server. */
  cutCommitAndLeadTo(port: number): void;
  /** From now on what is sent is neither refused nor answered. */
  fallSilent(): void;
  close(): Promise<void>;
}

const commit = Buffer.from('commit\0');

/** A wire before a server of PostgreSQL, without TLS, that breaks where it is told to. */
export async function startPostgresWire(server: { host: string; port: number }): Promise<PostgresWire> {
  const sockets = new Set<Socket>();
  let cut: Cut | undefined;
  let open = true;
  let silent = false;
  let to = server.port;
  let next: number | undefined;
  const wire = createServer(client => {
    if (!open) return void client.destroy();
    const upstream = connect(to, server.host);
    let ending = false;
    for (const each of [client, upstream]) {
      sockets.add(each);
      each.on('close', () => sockets.delete(each));
      each.on('error', () => undefined);
    }
    client.on('data', chunk => {
      if (silent) return;
      if (cut === undefined || !chunk.includes(commit)) return void upstream.write(chunk);
      const how = cut;
      cut = undefined;
      ending = true;
      if (how === 'for good' || next !== undefined) {
        open = how !== 'for good';
        to = next ?? to;
        for (const each of sockets) if (each !== client && each !== upstream) each.destroy();
      }
      // The server's side stays open: it learns nothing, as behind a firewall.
      if (how === 'before') client.destroy();
      else upstream.write(chunk);
    });
    upstream.on('data', chunk => {
      if (ending) client.destroy();
      else if (!silent) client.write(chunk);
    });
    client.on('close', () => {
      if (!ending) upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  return {
    port: (wire.address() as AddressInfo).port,
    cutCommit: how => {
      cut = how;
    },
    cutCommitAndLeadTo: port => {
      cut = 'after';
      next = port;
    },
    fallSilent: () => {
      silent = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      wire.close();
      await once(wire, 'close');
    },
  };
}
