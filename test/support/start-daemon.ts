import { mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject } from '../../src/core/json.ts';
import { openDaemon } from '../../src/daemon-door.ts';
import type { ApproverDesk } from '../../src/desk/desk.ts';
import { answerChallenge, type Challenge } from '../../src/desk/wire/caller-proof.ts';
import { DeskConnection } from '../../src/desk/wire/connection.ts';
import { WireApproverDesk } from '../../src/desk/wire/desks.ts';
import { type SocketKind, socketIn } from '../../src/desk/wire/trusted-socket.ts';
import { startVigie, type TestVigie } from './start-vigie.ts';

/** The two folders that an administrator makes, in a run folder of this test. */
export function makeRunFolder(dir: string): string {
  const run = join(dir, 'run');
  mkdirSync(run, { mode: 0o755 });
  for (const name of ['agent', 'approve']) mkdirSync(join(run, name), { mode: 0o750 });
  return run;
}

/** A daemon in this process, on the same files as a whole Vigie beside it; its callers are this very account. */
export class TestDaemon {
  readonly at: TestVigie;
  readonly run: string;
  #daemon: Awaited<ReturnType<typeof openDaemon>> | undefined;
  readonly #connections: DeskConnection[] = [];

  private constructor(at: TestVigie, run: string) {
    this.at = at;
    this.run = run;
  }

  static async start(setup: Parameters<typeof startVigie>[0] = {}): Promise<TestDaemon> {
    const at = await startVigie(setup);
    const daemon = new TestDaemon(at, makeRunFolder(at.dir));
    await daemon.open();
    return daemon;
  }

  async open(): Promise<void> {
    const { configFile, env } = this.at;
    const around = { version: '0.0.0', env, self: [], now: () => new Date() };
    this.#daemon = await openDaemon({ run: this.run, configFile }, around);
  }

  async close(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    await daemon?.close();
  }

  /** What a command calls, at either socket; at the agents' it asks for what it may not, too. */
  async desk(kind: SocketKind): Promise<ApproverDesk> {
    return new WireApproverDesk(await this.connection(kind));
  }

  async connection(kind: SocketKind): Promise<DeskConnection> {
    const connection = await DeskConnection.open(socketIn(this.run, kind), { version: '0.0.0' });
    this.#connections.push(connection);
    return connection;
  }

  /** A caller who has shown who it is and now says what it likes. */
  async rawCaller(kind: SocketKind): Promise<RawCaller> {
    const caller = new RawCaller(socketIn(this.run, kind));
    await caller.greet({ protocol: 1, version: '0.0.0' });
    return caller;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await this.close();
    await this.at.stop();
  }
}

/** A connection without any of our own code at this end. */
export class RawCaller {
  readonly socket: Socket;
  readonly #path: string;
  readonly #lines: unknown[] = [];
  #wake = (): void => {};
  #ended = false;

  constructor(path: string) {
    this.#path = path;
    this.socket = connect({ path });
    this.socket.on('error', () => {});
    createInterface({ input: this.socket })
      .on('line', line => {
        this.#lines.push(JSON.parse(line));
        this.#wake();
      })
      // It says again what the connection says.
      .on('error', () => {});
    this.socket.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async greet(hello: { protocol: number; version: string }): Promise<unknown> {
    const greeting = (await this.next()) as { hello: { challenge: Challenge } };
    await answerChallenge(this.#path, greeting.hello.challenge);
    this.say({ hello });
    return this.next();
  }

  say(line: unknown): void {
    this.socket.write(`${JSON.stringify(line)}\n`);
  }

  /** The next line that came; undefined: the connection has ended. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0) {
      if (this.#ended) return undefined;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift();
  }

  /** The same without what is only said on the way. */
  async answer(): Promise<unknown> {
    for (;;) {
      const line = await this.next();
      if (!isObject(line) || !('progress' in line)) return line;
    }
  }
}
