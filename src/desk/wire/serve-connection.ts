import type { Socket } from 'node:net';
import type { Assurance } from '../../core/actor.ts';
import type { AssuranceReason } from '../../core/assurance.ts';
import { VigieError } from '../../core/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ApproverDesk } from '../desk.ts';
import { dropChallenge, newChallenge, type ProvenCaller, provenCaller } from './caller-proof.ts';
import { callerGreeting, type Frame, frame, type McpAsked, mcpAsked } from './frames.ts';
import { Lines } from './lines.ts';
import { methods } from './methods/index.ts';
import { protocolMismatch, protocolVersion, toWireError, wireLimits } from './protocol.ts';

/** What a proven caller is served by. */
interface Admitted {
  desk: ApproverDesk;
  assurance: Assurance;
  reasons: readonly AssuranceReason[];
}

/** The daemon behind one of its sockets. */
export interface Door {
  /** Path of the socket. */
  socket: string;
  /** Approvers' methods are answered on the approvers' alone. */
  kind: 'agent' | 'approver';
  version: string;
  admit(caller: ProvenCaller): Promise<Admitted>;
  /** Somebody asked at the agents' socket for what only approvers may do. */
  refused(caller: ProvenCaller, method: string): Promise<void>;
  /** What serves MCP on a connection until its caller has gone; absent: this door does not. @throws VigieError INVALID_INPUT */
  mcp?: (asked: McpAsked, caller: ProvenCaller) => (connection: Socket) => Promise<void>;
  /** The daemon ends: what runs stops as with Ctrl-C. */
  stopping: AbortSignal;
  log: Logger;
}

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

class Connection {
  readonly #socket: Socket;
  readonly #door: Door;
  readonly #lines = new Lines(wireLimits.greetingBytes);
  readonly #calls = new Map<number, RunningCall>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = (): void => {
    for (const { stop } of this.#calls.values()) stop.abort();
    void Promise.allSettled(this.#running).then(() => this.#mcp || this.#socket.destroySoon());
  };
  /** The connection is MCP's, which ends by itself. */
  #mcp = false;

  constructor(socket: Socket, door: Door) {
    this.#socket = socket;
    this.#door = door;
    // A caller that went away is seen where its lines are read.
    socket.on('error', () => {});
    door.stopping.addEventListener('abort', this.#stop);
  }

  async serve(): Promise<void> {
    const chunks = this.#socket.iterator({ destroyOnReturn: false });
    const lines = this.#readLines(chunks);
    const greeted = await this.#greet(lines);
    if (greeted === undefined) return;
    const { caller, admitted } = greeted;
    this.#lines.allow(wireLimits.frameBytes);
    const { mcp } = this.#door;
    let handOver: Call | undefined;
    for await (const line of lines) {
      const wanted = read(line);
      if ('cancel' in wanted) this.#calls.get(wanted.cancel)?.stop.abort();
      else if ('gone' in wanted) this.#calls.get(wanted.gone)?.gone.abort();
      else if (wanted.method === 'mcp' && mcp !== undefined) {
        handOver = wanted;
        // Only when it is left does the loop let go of the connection.
        break;
      } else this.#start(wanted, { caller, desk: admitted.desk, bytes: line.length });
    }
    if (handOver !== undefined && mcp !== undefined) await this.#handOver(handOver, { caller, mcp });
  }

  /** The last line, where the caller can still read it. */
  fail(error: unknown): void {
    const { log } = this.#door;
    // A line of ours would be none of MCP's.
    if (this.#mcp) log.error('desk.mcp', { error: error instanceof Error ? error.name : typeof error });
    else this.#write({ error: toWireError(known(error, log)) });
  }

  async end(): Promise<void> {
    for (const { gone } of this.#calls.values()) gone.abort();
    await Promise.allSettled(this.#running);
    this.#door.stopping.removeEventListener('abort', this.#stop);
    this.#socket.end();
    this.#socket.destroySoon();
  }

  async *#readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
    try {
      for await (const chunk of chunks) yield* this.#lines.feed(chunk);
    } catch (error) {
      // A connection that broke is one that ended.
      if (error instanceof VigieError) throw error;
    }
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
      const greeting = callerGreeting.safeParse(parsed(first.value));
      if (!greeting.success) throw unreadable('a caller greets otherwise');
      const mismatch = protocolMismatch({ protocol: protocolVersion, version }, greeting.data.hello);
      if (mismatch !== undefined) throw mismatch;
      const caller = await provenCaller(socket, challenge);
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
    const bytes = [...this.#calls.values()].reduce((sum, call) => sum + call.bytes, by.bytes);
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
    try {
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
      this.#write({ id, error: toWireError(known(error, this.#door.log)) });
    }
  }

  /** From here on the connection is MCP's. */
  async #handOver(wanted: Call, by: { caller: ProvenCaller; mcp: NonNullable<Door['mcp']> }): Promise<void> {
    const asked = mcpAsked.safeParse(wanted.params);
    if (!asked.success || this.#calls.size > 0 || this.#lines.rest().length > 0)
      throw unreadable('MCP is asked for before anything else, and nothing is said until it is granted');
    let serve: (connection: Socket) => Promise<void>;
    try {
      serve = by.mcp(asked.data, by.caller);
    } catch (error) {
      this.#write({ id: wanted.id, error: toWireError(known(error, this.#door.log)) });
      return;
    }
    this.#write({ id: wanted.id, result: {} });
    this.#mcp = true;
    await serve(this.#socket);
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
  }
}

function read(line: string): Frame {
  const found = frame.safeParse(parsed(line));
  if (found.success) return found.data;
  throw unreadable('a line is no call, cancel or gone');
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw unreadable('a line is no JSON', error);
  }
}

function unreadable(why: string, cause?: unknown): VigieError {
  return new VigieError('DAEMON', `What came over the daemon's socket cannot be used: ${why}.`, {
    hint: 'The two may be of different versions: vigie doctor',
    cause,
  });
}

/** Enough to find the fault. */
const mostFrames = 12;

/** A fault of ours crosses as its id alone. */
function known(error: unknown, log: Logger): VigieError {
  if (error instanceof VigieError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new VigieError('CANCELLED', 'The call was stopped before it ended.', { cause: error });
  const id = crypto.randomUUID().slice(0, 8);
  // Where it happened, and not its words, which may hold what somebody else's process wrote.
  const at = error instanceof Error ? error.stack?.match(/^ +at .*$/gm)?.slice(0, mostFrames) : undefined;
  log.error('desk.fault', { id, error: error instanceof Error ? error.name : typeof error, at: at ?? [] });
  return new VigieError('INTERNAL', `A fault of Vigie itself, noted in the daemon's log as ${id}.`, {
    details: { id },
  });
}
