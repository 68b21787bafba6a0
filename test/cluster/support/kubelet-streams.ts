import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { makeCertificate } from '../../support/wire.ts';

/*
 * The part of a kubelet that an API server opens lines to. A command is run as a process of this machine; a port answers
 * one line. For a command the server speaks SPDY/3.1 here, whatever the client speaks to it: of that protocol this knows
 * as much as the server sends, and takes streams by the order in which it opens them.
 */

const control = { synStream: 1, synReply: 2, ping: 6 } as const;
const finished = 1;
const headBytes = 8;
// No headers, in a stored block and an empty one that ends it, of a zlib stream that goes on from reply to reply.
const zlibHead = Buffer.from([0x78, 0x01]);
const noHeaders = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

export interface KubeletStreams {
  port: number;
  /** Commands that were run. */
  ran: string[][];
  /** Lines of commands that are open. */
  running(): number;
  close(): void;
}

export async function startKubeletStreams(): Promise<KubeletStreams> {
  const ran: string[][] = [];
  let running = 0;
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => [...offered][0] ?? false,
  });
  const server: Server = createServer(makeCertificate('IP:127.0.0.1'));
  server.on('upgrade', (request, socket: Socket, head) => {
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '/', 'https://kubelet');
    if (url.pathname.startsWith('/portForward/')) {
      sockets.handleUpgrade(request, socket, head, opened => {
        const port = Number(url.searchParams.get('port'));
        for (const stream of [0, 1]) opened.send(Buffer.from([stream, port & 255, port >> 8]));
        opened.on('message', (data: Buffer) => {
          if (data[0] !== 0) return;
          opened.send(
            Buffer.concat([
              Buffer.from([0]),
              Buffer.from(`port ${port} heard ${data.subarray(1).toString()}`),
            ]),
          );
          opened.close();
        });
      });
      return;
    }
    ran.push(url.searchParams.getAll('command'));
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
    );
    running += 1;
    socket.on('close', () => (running -= 1));
    serveCommand(socket, url.searchParams);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ran,
    running: () => running,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serveCommand(socket: Socket, query: URLSearchParams): void {
  const order = [
    'error',
    ...[
      ['input', 'stdin'],
      ['output', 'stdout'],
      ['error', 'stderr'],
    ].flatMap(([asked = '', name = '']) => (query.get(asked) === '1' ? [name] : [])),
  ];
  const ids = new Map<string, number>();
  let stdin: NodeJS.WritableStream | undefined;
  const send = (name: string, bytes: Buffer, flags = 0): void => {
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(ids.get(name) ?? 0);
    head.writeUInt32BE((flags << 24) | bytes.length, 4);
    if (!socket.destroyed) socket.write(Buffer.concat([head, bytes]));
  };
  const start = (): void => {
    const [program = '', ...args] = query.getAll('command');
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    socket.on('close', () => child.kill('SIGKILL'));
    child.stdin.on('error', () => undefined);
    stdin = child.stdin;
    if (!ids.has('stdin')) child.stdin.end();
    child.stdout.on('data', (bytes: Buffer) => send('stdout', bytes));
    child.stderr.on('data', (bytes: Buffer) => send('stderr', bytes));
    const end = (status: object): void => {
      for (const name of ['stdout', 'stderr']) if (ids.has(name)) send(name, Buffer.alloc(0), finished);
      send('error', Buffer.from(JSON.stringify(status)), finished);
    };
    child.on('error', error =>
      end({
        status: 'Failure',
        reason: 'InternalError',
        code: 500,
        message: `cannot start: ${error.message}`,
      }),
    );
    child.on('close', code => {
      if (code === null || code < 0) return;
      const causes = [{ reason: 'ExitCode', message: String(code) }];
      end(
        code === 0
          ? { status: 'Success' }
          : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } },
      );
    });
  };
  const hear = (head: Buffer, body: Buffer): void => {
    const isControl = (head.readUInt8(0) & 0x80) !== 0;
    const type = head.readUInt16BE(2);
    if (!isControl) {
      if (head.readUInt32BE() !== ids.get('stdin')) return;
      stdin?.write(body);
      if (head.readUInt8(4) === finished) stdin?.end();
    } else if (type === control.ping) socket.write(Buffer.concat([head, body]));
    else if (type === control.synStream) {
      const id = body.readUInt32BE();
      const block = ids.size === 0 ? Buffer.concat([zlibHead, noHeaders]) : noHeaders;
      ids.set(order[ids.size] ?? '', id);
      const reply = Buffer.alloc(headBytes + 4);
      reply.writeUInt16BE(0x8003);
      reply.writeUInt16BE(control.synReply, 2);
      reply.writeUInt32BE(4 + block.length, 4);
      reply.writeUInt32BE(id, 8);
      socket.write(Buffer.concat([reply, block]));
      if (ids.size === order.length) start();
    }
  };
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= headBytes) {
      const length = pending.readUIntBE(5, 3);
      if (pending.length < headBytes + length) return;
      hear(pending.subarray(0, headBytes), pending.subarray(headBytes, headBytes + length));
      pending = pending.subarray(headBytes + length);
    }
  });
}
