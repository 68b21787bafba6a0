import type { Config } from '../config/config.ts';
import { osUser } from '../config/os-user.ts';
import type { Actor } from '../core/actor.ts';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { type AgentDesk, type ApproverDesk, deciding } from '../desk/desk.ts';
import type { FoundDaemon } from '../desk/wire/find-daemon.ts';
import type { SocketKind } from '../desk/wire/trusted-socket.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { interruptedStatus } from './exit-status.ts';
import type { OpenOptions, Program } from './program.ts';
import type { Terminal } from './terminal.ts';

/** The options that every command which opens a Vigie takes. */
export interface CommonOptions {
  config?: string;
}

/** `timeout` signals its child and then the child's group, which is the same process; no person presses twice so fast. */
const sameSignalMs = 200;

/** One run of the command line. */
export class Session {
  readonly program: Program;
  readonly terminal: Terminal;
  /** What was typed after `vigie`. */
  readonly words: readonly string[];
  /** The exit status so far. */
  status = 0;
  /** The open Vigie, so that a fault can reach its log. */
  vigie: Vigie | undefined;
  #interrupt: AbortController | undefined;

  constructor(input: { program: Program; terminal: Terminal; words?: readonly string[] }) {
    this.words = input.words ?? [];
    this.program = input.program;
    this.terminal = input.terminal;
  }

  /**
   * Aborted by the first Ctrl-C, SIGTERM or SIGHUP: a change that is being applied then stops, and what stands is recorded. A
   * second one ends the process at once. Commands that never ask for it keep the system's own behaviour.
   */
  get signal(): AbortSignal {
    if (this.#interrupt === undefined) {
      const interrupt = new AbortController();
      this.#interrupt = interrupt;
      let stoppedMs = 0;
      const stop = () => {
        const nowMs = performance.now();
        if (interrupt.signal.aborted) {
          if (nowMs - stoppedMs < sameSignalMs) return;
          process.exit(interruptedStatus);
        }
        stoppedMs = nowMs;
        this.terminal.note('Stopping; press Ctrl-C again to leave at once.');
        interrupt.abort();
      };
      process.on('SIGINT', stop);
      process.on('SIGTERM', stop);
      // A terminal that was closed.
      process.on('SIGHUP', stop);
    }
    return this.#interrupt.signal;
  }

  get interrupted(): boolean {
    return this.#interrupt?.signal.aborted ?? false;
  }

  async withVigie<T>(options: CommonOptions, use: (vigie: Vigie) => Promise<T>): Promise<T> {
    const vigie = await this.program.open(openOptions(options));
    this.vigie = vigie;
    try {
      return await use(vigie);
    } finally {
      await vigie.close();
    }
  }

  /** What a command does at a desk, wherever Vigie runs. */
  async withDesk<T>(
    options: CommonOptions,
    use: (desk: AgentDesk, daemon?: FoundDaemon) => Promise<T>,
  ): Promise<T> {
    const daemon = await this.findDaemon(options, ['approver', 'agent']);
    if (daemon === undefined) {
      await this.noteShutOut(options);
      return this.withVigie(options, async vigie => use(await deskOf(vigie)));
    }
    try {
      return await use(await deskAt(daemon), daemon);
    } finally {
      daemon.connection.close();
    }
  }

  /** The daemon that this command goes to; undefined: there is none, or the command names a configuration of its own. */
  async findDaemon(options: CommonOptions, sockets: readonly SocketKind[]): Promise<FoundDaemon | undefined> {
    if (options.config !== undefined) return undefined;
    const { findDaemon } = await import('../desk/wire/find-daemon.ts');
    return findDaemon(this.terminal.env, { sockets, version: this.program.version });
  }

  /** For commands that go by the files of this account, where its others go to a daemon: that must not surprise. */
  async noteOwnFiles(options: CommonOptions): Promise<void> {
    await this.noteShutOut(options);
    const { isBesideDaemon } = await import('../desk/wire/find-daemon.ts');
    if (options.config !== undefined || !(await isBesideDaemon(this.terminal.env))) return;
    this.terminal.note(`${this.terminal.noteColors.yellow('Note:')} ${await this.#ownFilesNote(options)}`);
  }

  async #ownFilesNote(options: CommonOptions): Promise<string> {
    try {
      return await this.withDesk(options, async desk => {
        const { ownFilesNote } = await import('./own-files-note.ts');
        return ownFilesNote(desk, this.words);
      });
    } catch (error) {
      // The command does not need the daemon: that it is down is said, and keeps nobody from their own files.
      if (!(error instanceof VigieError)) throw error;
      return `this is about the files of this account. The daemon of this machine has its own (docs/guides/trust.md), and does not say where: ${error.message}`;
    }
  }

  /** For commands that go by the files of this account because a daemon's folders keep it out. */
  async noteShutOut(options: CommonOptions): Promise<void> {
    if (options.config !== undefined) return;
    const { shutOutOf } = await import('../desk/wire/find-daemon.ts');
    const shut = await shutOutOf(this.terminal.env);
    if (shut === undefined) return;
    this.terminal.note(
      `${this.terminal.noteColors.yellow('Note:')} there is ${shut.what}: this is about its own files. ${shut.todo}`,
    );
  }

  /** `withDesk` for what only a person who decides may do; says first which daemon it is. */
  async withApproverDesk<T>(options: CommonOptions, use: (desk: ApproverDesk) => Promise<T>): Promise<T> {
    return this.withDesk(options, (desk, daemon) => {
      const deciding = approverDesk(desk);
      if (daemon !== undefined) this.terminal.note(this.terminal.noteColors.dim(describeDaemon(daemon)));
      return use(deciding);
    });
  }

  async config(options: CommonOptions): Promise<Config> {
    // Loaded late: most commands, and a server's first answer, need no configuration.
    const { loadConfig } = await import('../config/config.ts');
    return loadConfig({
      ...(options.config === undefined ? {} : { file: options.config }),
      env: this.terminal.env,
    });
  }
}

function openOptions(options: CommonOptions): OpenOptions {
  return {
    door: 'cli',
    ...(options.config === undefined ? {} : { configFile: options.config }),
  };
}

/** Who would have to be trusted: told before anybody signs. */
function describeDaemon({ socket }: FoundDaemon): string {
  const ours = socket.ownerUid === process.getuid?.() ? ', this very account' : '';
  return `At the daemon's desk: ${socket.path}, of uid ${socket.ownerUid}${ours}.`;
}

function approverDesk(desk: AgentDesk): ApproverDesk {
  if (deciding(desk)) return desk;
  throw new VigieError(
    'AGENT_SOCKET',
    'Only the socket of agents can be opened from here, and nothing is decided there.',
    {
      hint: 'Run the same command as an OS user who may open the socket of approvers.',
    },
  );
}

/** The desk behind the daemon's socket. */
export async function deskAt({ socket, connection }: FoundDaemon): Promise<AgentDesk> {
  const { WireAgentDesk, WireApproverDesk } = await import('../desk/wire/desks.ts');
  return socket.kind === 'approver' ? new WireApproverDesk(connection) : new WireAgentDesk(connection);
}

/** The desk of whoever sits at the terminal, over a Vigie of this process. */
export async function deskOf(vigie: Vigie): Promise<ApproverDesk> {
  const { LocalDesk } = await import('../desk/local.ts');
  // The 40 kB of MCP are there for a model; a terminal takes what a response of a server may hold.
  return new LocalDesk(vigie, { login: osUser(), answerBytes: limits.responseBytes });
}

/** The person at the terminal as the pipeline knows an actor. */
export function terminalActor(): Actor {
  const name = osUser();
  return { kind: 'person', name, via: 'cli', onBehalfOf: name };
}
