import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** What stands in for a node: it runs the commands of exec as real programs of this machine. */
export interface FakeKubelet {
  url: string;
  /** Of every exec: the path, and all that its query says. */
  execs: URL[];
  /** Bytes of stdout that have gone out, as far as the wire took them. */
  sentBytes(): number;
  /** Breaks every open line off, as a node that dies. */
  breakLines(): void;
  close(): Promise<void>;
}

/**
 * `cluster`: the server that gets everything but exec; absent: there is none. `protocol`: the only one it speaks; absent:
 * the newest. `shell`: what `sh` is in its containers.
 */
export async function startFakeKubelet(
  setup: { cluster?: string; protocol?: string; shell?: readonly string[] } = {},
): Promise<FakeKubelet> {
  const execs: URL[] = [];
  const children = new Set<ChildProcess>();
  const lines = new Set<WebSocket>();
  const count = { sent: 0 };
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => setup.protocol ?? [...offered][0] ?? false,
  });
  const server = createServer((request, response) => {
    if (setup.cluster === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { method, url = '/', headers } = request;
    const host = new URL(setup.cluster).host;
    const sent = httpRequest(`${setup.cluster}${url}`, { method, headers: { ...headers, host } }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
    request.pipe(sent);
  });
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '', 'http://kubelet');
    execs.push(url);
    sockets.handleUpgrade(request, socket, head, line => {
      lines.add(line);
      line.on('close', () => lines.delete(line));
      run(line, { url, shell: setup.shell ?? ['sh'], children, count });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    execs,
    sentBytes: () => count.sent,
    breakLines: () => {
      for (const line of lines) line.terminate();
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      for (const line of lines) line.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function run(
  line: WebSocket,
  at: { url: URL; shell: readonly string[]; children: Set<ChildProcess>; count: { sent: number } },
): void {
  const words = at.url.searchParams.getAll('command');
  const [program = '', ...more] = words[0] === 'sh' ? [...at.shell, ...words.slice(1)] : words;
  const { PATH = '' } = process.env;
  const child = spawn(program, more, { cwd: '/', env: { PATH, HOME: '/root', LC_ALL: 'C', IN_POD: 'yes' } });
  at.children.add(child);
  line.on('message', (data: Buffer) => {
    if (data[0] === 255) child.stdin.end();
    if (data[0] !== 0 || child.stdin.write(data.subarray(1))) return;
    line.pause();
    child.stdin.once('drain', () => line.resume());
  });
  child.stdin.on('error', () => line.resume());
  // A node ends no program whose line is gone: it only stops reading and writing.
  line.on('close', () => {
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  const outputs = [send(1, child.stdout), send(2, child.stderr)];
  child.on('error', error => end({ status: 'Failure', reason: 'InternalError', message: error.message }));
  child.on('exit', (code, signal) => {
    at.children.delete(child);
    void tell(code, signal);
  });

  async function tell(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    await Promise.all(outputs);
    const message = String(code ?? (signal === 'SIGTERM' ? 143 : 137));
    const causes = [{ reason: 'ExitCode', message }];
    end(
      code === 0
        ? { status: 'Success' }
        : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } },
    );
  }

  async function send(number: number, output: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const bytes of output) {
        await new Promise<void>(done =>
          line.send(Buffer.concat([Buffer.from([number]), bytes]), () => done()),
        );
        if (number === 1) at.count.sent += bytes.length;
      }
    } catch {
      // The line is gone, and its close destroyed this.
    }
  }

  function end(status: object): void {
    line.send(Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(status))]));
    line.close(1000);
  }
}
