import type { Journal } from '../core/journal.ts';
import type { Surroundings } from '../engine/interpreter/run-context.ts';
import type { Play, PlayedEnvironment } from '../engine/play-order.ts';
import type { RunOrder, Starting } from '../engine/start-run.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { ToolListing } from '../toolkit/listing.ts';
import { runCommandLine } from './command-line.ts';
import { Terminal } from './terminal.ts';

/** How the composition root is to build a Vigie. */
export interface OpenOptions {
  /** Absent: VIGIE_CONFIG, else the file in the configuration folder. */
  configFile?: string;
  readOnly?: boolean;
  /** Families of tools; absent: the default ones. */
  toolsets?: string[];
  door: 'cli' | 'mcp-stdio' | 'mcp-http' | 'daemon';
  /**
   * A daemon's: the folders of its two sockets. Who reaches them decides what an approval is worth; so do `strays`, the
   * logins that came to the approvers' without a right to.
   */
  sockets?: { agent: string; approve: string; strays: ReadonlySet<string> };
  /** A sandbox that the caller started itself: it becomes the one environment, `demo` where none is named, with an automatic approver. */
  ownSandbox?: { url: string; token: string; world: string; environment?: Partial<PlayedEnvironment> };
  /** A folder that the caller made for it and nobody else chose. Absent: by VIGIE_HOME, else the user's. */
  home?: string;
}

/** Where playbooks are found that runs call. */
export interface RunsSetup {
  definitionOf: Surroundings['definitionOf'];
}

/** Runs of playbooks, and who goes on with them. */
export interface RunsDoor {
  journal: Journal;
  /** For what starts runs by itself. */
  starting: Starting;
  /** @throws VigieError as startRun does */
  start(order: RunOrder): Promise<'started' | 'exists' | 'skipped'>;
  /** Goes on with runs until the signal says stop. `only`: that one and those that it calls. */
  work(job: {
    most: number;
    only?: string;
    signal: AbortSignal;
    said: NonNullable<Surroundings['said']>;
    failed: (run: string, error: unknown) => void;
  }): Promise<void>;
  close(): Promise<void>;
}

/** What the command line needs of the layers above and beside it. */
export interface Program {
  version: string;
  open(options: OpenOptions): Promise<Vigie>;
  openRuns(vigie: Vigie, setup: RunsSetup): Promise<RunsDoor>;
  play: Play;
  /** Resolves when stdin ends or the signal fires. `open` is called with the first request that needs Vigie; the list of tools does not. */
  serveStdio(setup: {
    open(): Promise<Vigie>;
    listings: () => Promise<readonly ToolListing[]>;
    signal: AbortSignal;
  }): Promise<void>;
  /** `token` is there only on the first start, when one was made. */
  serveHttp(
    vigie: Vigie,
    options: { host: string; port: number; behindTlsProxy: boolean; hostnames: readonly string[] },
  ): Promise<{ url: string; token?: string; closed: Promise<void>; close(): Promise<void> }>;
  /** Opens both sockets of the run folder; `close` ends what runs as Ctrl-C does. @throws VigieError DAEMON */
  openDaemon(options: {
    run: string;
    configFile?: string;
  }): Promise<{ paths: { agent: string; approver: string }; close(): Promise<void> }>;
  /** The words that start this very program again: node and its main file. */
  self: string[];
}

/** Runs one command line and answers its exit status; never throws. */
export async function runCli(argv: string[], program: Program): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  return runCommandLine(argv, { program, terminal: new Terminal({ stdin, stdout, stderr, env }) });
}
