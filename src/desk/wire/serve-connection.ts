import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { VigieError } from '../../core/errors.ts';
import type { ApproverDesk } from '../desk.ts';
import { dropChallenge, newChallenge, type ProvenCaller, provenCaller } from './caller-proof.ts';
import type { Guest } from './crowd.ts';
import type { Admitted, Door } from './door.ts';
import { toKnown, unreadable } from './faults.ts';
import { callerGreeting, type Frame, mcpAsked, readFrame, readJson } from './frames.ts';
import { Lines } from './lines.ts';
import { methods } from './methods/index.ts';
import { protocolMismatch, protocolVersion, toWireError, wireLimits } from './protocol.ts';

/** Serves one caller to its end: resolves when it has gone and every call of its has recorded what stands. Never rejects. */
export async function serveConnection(socket: Socket, door: Door): Promise<void> {
  const connection = new Connection(socket, door);
  try {
    await connection.serve();
  } catch (error) {
    connection.fail(error);
  } finally {
    await connection.end();
  }
}

type Call = Extract<Frame, { method: string }>;

interface RunningCall {
  /** Of its line. */
  bytes: number;
  stop: AbortController;
  gone: AbortController;
}

class Connection implements Guest {
  readonly #socket: Socket;
  readonly #door: Door;
  readonly #lines = new Lines(wireLimits.greetingBytes, { metered: true });
  readonly #calls = new Map<number, RunningCall>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = (): void => {
    for (const { stop } of this.#calls.values()) stop.abort();
    void Promise.allSettled(this.#running).then(() => this.#mcp || this.#socket.destroySoon());
  };
  /** The connection is MCP's, which ends by itself. */
  #mcp = false;
  #uid: number | undefined;
  /** Ends the connection when a line takes too long. */
  #lineLate: NodeJS.Timeout | undefined;

  constructor(socket: Socket, door: Door) {
    this.#socket = socket;
    this.#door = door;
    // A caller that went away is seen where its lines are read.
    socket.on('error', () => {});
    door.stopping.addEventListener('abort', this.#stop);
    door.crowd.enter(this);
  }

  get uid(): number | undefined {
    return this.#uid;
  }

  held(): number {
    return this.#lines.held + this.#callBytes() + this.#socket.writableLength;
  }

  letGo(): void {
    this.#socket.destroy();
  }

  async serve(): Promise<void> {
    const chunks = this.#socket.iterator({ destroyOnReturn: false });
    const lines = this.#readLines(chunks);
    const greeted = await this.#greet(lines);
    if (greeted === undefined) return;
    const { caller, admitted } = greeted;
    this.#lines.allow(wireLimits.lineBytes);
    const { mcp } = this.#door;
    // Not for…of, which would end what MCP goes on to read.
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      const line = next.value;
      const wanted = readFrame(line);
      if ('cancel' in wanted) this.#calls.get(wanted.cancel)?.stop.abort();
      else if ('gone' in wanted) this.#calls.get(wanted.gone)?.gone.abort();
      else if (wanted.method === 'mcp' && mcp !== undefined) {
        await this.#handOver(wanted, { caller, mcp, lines });
        return;
      } else this.#start(wanted, { caller, desk: admitted.desk, bytes: Buffer.byteLength(line) });
    }
  }

  /** The last line, where the caller can still read it. */
  fail(error: unknown): void {
    const { log } = this.#door;
    // A line of ours would be none of MCP's.
    if (this.#mcp) log.error('desk.mcp', { error: error instanceof Error ? error.name : typeof error });
    else this.#write({ error: toWireError(toKnown(error, log)) });
  }

  async end(): Promise<void> {
    for (const { gone } of this.#calls.values()) gone.abort();
    await Promise.allSettled(this.#running);
    this.#stopWatch();
    this.#door.stopping.removeEventListener('abort', this.#stop);
    this.#door.crowd.leave(this);
    this.#socket.end();
    this.#socket.destroySoon();
  }

  async *#readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
    try {
      for await (const chunk of chunks) {
        const lines = this.#lines.feed(chunk);
        this.#door.crowd.moved(chunk.length);
        if (lines.length > 0) this.#stopWatch();
        yield* lines;
        this.#watchLine();
      }
    } catch (error) {
      // A connection that broke is one that ended.
      if (error instanceof VigieError) throw error;
    }
  }

  /** Lets go of whoever begins a line and does not end it. */
  #watchLine(): void {
    if (this.#lines.unfinished)
      this.#lineLate ??= setTimeout(() => {
        this.fail(unreadable('a line took too long to end'));
        this.#socket.destroy();
      }, wireLimits.lineMs);
  }

  #stopWatch(): void {
    clearTimeout(this.#lineLate);
    this.#lineLate = undefined;
  }

  #callBytes(): number {
    return [...this.#calls.values()].reduce((sum, call) => sum + call.bytes, 0);
  }

  async #greet(
    lines: AsyncGenerator<string, void>,
  ): Promise<{ caller: ProvenCaller; admitted: Admitted } | undefined> {
    const { socket, version } = this.#door;
    const challenge = newChallenge();
    const late = setTimeout(() => this.#socket.destroy(), wireLimits.greetingMs);
    try {
      this.#write({ hello: { protocol: protocolVersion, version, challenge } });
      const first = await lines.next();
      if (first.done === true) {
        await dropChallenge(socket, challenge);
        return undefined;
      }
      const greeting = callerGreeting.safeParse(readJson(first.value));
      if (!greeting.success) throw unreadable('a caller greets otherwise');
      const mismatch = protocolMismatch({ protocol: protocolVersion, version }, greeting.data.hello);
      if (mismatch !== undefined) throw mismatch;
      const caller = await provenCaller(socket, challenge);
      this.#door.crowd.admit(caller.uid);
      this.#uid = caller.uid;
      const admitted = await this.#door.admit(caller);
      const { assurance, reasons } = admitted;
      const daemonUid = process.getuid?.() ?? -1;
      this.#write({ welcome: { ...caller, daemonUid, assurance, reasons } });
      return { caller, admitted };
    } finally {
      clearTimeout(late);
      await dropChallenge(socket, challenge);
    }
  }

  #start(wanted: Call, by: { caller: ProvenCaller; desk: ApproverDesk; bytes: number }): void {
    const { id } = wanted;
    const bytes = this.#callBytes() + by.bytes;
    if (this.#calls.has(id)) throw unreadable(`call ${id} is in flight already`);
    if (this.#calls.size >= wireLimits.calls || bytes > wireLimits.callBytes) {
      const busy = new VigieError(
        'DAEMON',
        `This connection has ${this.#calls.size} calls in flight, which is as much as it may.`,
        {
          hint: 'Wait for one of them.',
          retryable: true,
        },
      );
      this.#write({ id, error: toWireError(busy) });
      return;
    }
    const call = { bytes: by.bytes, stop: new AbortController(), gone: new AbortController() };
    if (this.#door.stopping.aborted) call.stop.abort();
    this.#calls.set(id, call);
    const run = this.#run(wanted, { ...by, call }).finally(() => {
      this.#calls.delete(id);
      this.#running.delete(run);
    });
    this.#running.add(run);
  }

  async #run(
    { id, method: name, params }: Call,
    by: { caller: ProvenCaller; desk: ApproverDesk; call: RunningCall },
  ): Promise<void> {
    const { caller, desk, call } = by;
    let over: (() => void) | undefined;
    try {
      over = await this.#door.turns?.begin({
        uid: caller.uid,
        large: call.bytes > wireLimits.largeCallBytes,
        signal: call.gone.signal,
      });
      const method = methods.find(each => each.name === name);
      if (method === undefined) {
        this.fail(unreadable(`there is no method ${JSON.stringify(name)}`));
        this.#socket.destroySoon();
        return;
      }
      if (method.desk === 'approver' && this.#door.kind === 'agent') {
        await this.#door.refused(caller, name);
        throw new VigieError('AGENT_SOCKET', `${name} is for approvers, and this is the socket of agents.`, {
          hint: 'Run the command as an OS user who may open the socket of approvers.',
        });
      }
      const result = await method.call(desk, params, {
        signal: call.stop.signal,
        gone: call.gone.signal,
        progress: message => this.#write({ id, progress: message }),
        stream: line => this.#write({ id, stream: line }),
      });
      this.#write({ id, result: result ?? null });
    } catch (error) {
      this.#write({ id, error: toWireError(toKnown(error, this.#door.log)) });
    } finally {
      over?.();
    }
  }

  /** From here on the connection is MCP's. */
  async #handOver(
    wanted: Call,
    by: { caller: ProvenCaller; mcp: NonNullable<Door['mcp']>; lines: AsyncGenerator<string, void> },
  ): Promise<void> {
    const asked = mcpAsked.safeParse(wanted.params);
    if (!asked.success || this.#calls.size > 0 || this.#lines.unfinished)
      throw unreadable('MCP is asked for before anything else, and nothing is said until it is granted');
    let serve: ReturnType<typeof by.mcp>;
    try {
      serve = by.mcp(asked.data, by.caller);
    } catch (error) {
      this.#write({ id: wanted.id, error: toWireError(toKnown(error, this.#door.log)) });
      return;
    }
    this.#write({ id: wanted.id, result: {} });
    this.#mcp = true;
    const input = Readable.from(this.#mcpLines(by), { objectMode: false });
    await serve({ input, output: this.#socket });
  }

  /** To their end, or to the first that this socket does not take: to MCP the caller has gone. */
  async *#mcpLines(by: {
    caller: ProvenCaller;
    lines: AsyncGenerator<string, void>;
  }): AsyncGenerator<Buffer> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    this.#socket.once('close', leave);
    try {
      for await (const line of by.lines) {
        await this.#door.turns?.begin({ uid: by.caller.uid, large: false, signal: gone.signal });
        yield Buffer.from(`${line}\n`);
      }
    } catch {
      // Whatever it was, nothing can be said on this connection any more.
      this.#socket.destroySoon();
    } finally {
      this.#socket.off('close', leave);
    }
  }

  #write(line: object): void {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) return;
    const text = `${JSON.stringify(line)}\n`;
    if (text.length > wireLimits.frameBytes && 'id' in line) {
      const large = new VigieError(
        'BAD_RESPONSE',
        "The answer is larger than a line over the daemon's socket.",
        {
          hint: 'Ask for less: a limit, a namespace, one field.',
        },
      );
      this.#write({ id: line.id, error: toWireError(large) });
      return;
    }
    if (socket.writableLength > wireLimits.unreadBytes) socket.destroy();
    else socket.write(text);
    this.#door.crowd.moved(text.length);
  }
}
