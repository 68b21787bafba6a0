import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { prepareCallers } from '../desk/wire/caller-proof.ts';
import { Crowd } from '../desk/wire/crowd.ts';
import type { Door } from '../desk/wire/door.ts';
import { wireLimits } from '../desk/wire/protocol.ts';
import { serveConnection } from '../desk/wire/serve-connection.ts';
import type { SocketKind } from '../desk/wire/trusted-socket.ts';
import { Turns } from '../desk/wire/turns.ts';

/** A daemon that lives answers at once. */
const aliveMs = 2_000;
/** How long changes that were told to stop may take to give back what they applied and to record it. */
const stopMs = 60_000;
/** Who may connect, the folder says; to connect needs the right to write. */
const socketMode = 0o666;

/** Both sockets, open. */
export interface Listener {
  /** Takes no new caller, tells what runs to stop, and resolves when it has recorded what stands. */
  close(): Promise<void>;
}

/**
 * Opens both sockets. What a killed daemon left is replaced; one that answers is left alone.
 * @throws VigieError DAEMON where another one listens
 */
export async function listen(setup: {
  paths: Record<SocketKind, string>;
  /** The door behind each socket, without where it is, who is there and when it ends. */
  doorOf(kind: SocketKind): Omit<Door, 'socket' | 'kind' | 'crowd' | 'turns' | 'stopping'>;
}): Promise<Listener> {
  const { paths } = setup;
  const stopping = new AbortController();
  const serving = new Set<Promise<void>>();
  const servers: Server[] = [];
  const serve = (door: Door) => (socket: Socket) => {
    const served = serveConnection(socket, door).finally(() => serving.delete(served));
    serving.add(served);
  };
  const close = async () => {
    for (const server of servers) server.close();
    stopping.abort();
    const over = new AbortController();
    const late = sleep(stopMs, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([Promise.allSettled(serving), late]);
    over.abort();
  };
  try {
    for (const kind of ['approver', 'agent'] as const) {
      const socket = paths[kind];
      await removeStale(socket);
      await prepareCallers(socket);
      const door: Door = {
        ...setup.doorOf(kind),
        socket,
        kind,
        crowd: new Crowd(),
        ...(kind === 'agent' && { turns: new Turns() }),
        stopping: stopping.signal,
      };
      servers.push(await open(socket, serve(door)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function open(path: string, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer(serve);
  server.maxConnections = wireLimits.places;
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        new VigieError('DAEMON', `The daemon cannot listen at ${path} (${systemCode(error) ?? 'unknown'}).`, {
          hint: 'The folder must belong to the account that the daemon runs as.',
          details: { path },
          cause: error,
        }),
      ),
    );
    server.listen({ path }, resolve);
  });
  server.on('error', () => {});
  await chmod(path, socketMode);
  return server;
}

/** Removes the socket of a daemon that was killed. @throws VigieError DAEMON where one answers, or something else stands there */
async function removeStale(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return;
  const refuse = (why: string): never => {
    throw new VigieError('DAEMON', `The daemon does not start: ${why}.`, {
      hint: 'systemctl status vigie says what runs; another run folder is named by --run.',
      details: { path },
    });
  };
  if (!facts.isSocket()) refuse(`${path} is no socket`);
  if (await answers(path)) refuse(`another daemon answers at ${path}`);
  await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    return await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true));
      socket.once('error', error => resolve(systemCode(error) !== 'ECONNREFUSED'));
      socket.setTimeout(aliveMs, () => resolve(true));
    });
  } finally {
    socket.destroy();
  }
}
