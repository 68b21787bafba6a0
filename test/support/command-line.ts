import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { Terminal } from '../../src/cli/terminal.ts';

/** What tests start as a process: `npm test` has them start what it built, which loads in half the time. */
export const main = resolve(process.env['TEST_MAIN'] ?? 'src/main.ts');

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process, for what needs no cluster: help, completion, refusals. Nothing can be opened. */
export async function runHere(argv: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const stdout = new Collector();
  const stderr = new Collector();
  const program = {
    version: '0.0.0',
    self: ['node', 'main.js'],
    open: () => Promise.reject(new Error('this test opens nothing')),
    openRuns: () => Promise.reject(new Error('this test runs nothing')),
    play: () => Promise.reject(new Error('this test plays nothing')),
    serveStdio: () => Promise.reject(new Error('this test serves nothing')),
    openDaemon: () => Promise.reject(new Error('this test serves nothing')),
    serveHttp: () => Promise.reject(new Error('this test serves nothing')),
  };
  const terminal = new Terminal({ stdin: process.stdin, stdout, stderr, env });
  const status = await runCommandLine(argv, { program, terminal });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A home of its own with one simulated environment, `box`, for the whole program in processes of its own. */
export class CliHome {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #main: string;

  private constructor(dir: string, program: string) {
    this.dir = dir;
    this.#main = program;
    this.env = {
      PATH: process.env['PATH'],
      HOME: dir,
      // Compiled once for all homes.
      XDG_CACHE_HOME: join(tmpdir(), `vigie-code-${process.getuid?.() ?? ''}`),
      TERM: 'xterm',
      VIGIE_HOME: join(dir, 'home'),
      VIGIE_CONFIG: join(dir, 'vigie.yaml'),
    };
  }

  /** `policy` is the YAML of the environment's policy; `world` a name or a file; `main` the program, absent: src. */
  static async make(facts: { policy?: string; world?: string; main?: string } = {}): Promise<CliHome> {
    const home = new CliHome(await mkdtemp(join(tmpdir(), 'vigie-cli-')), facts.main ?? main);
    const { policy = '{low: allow, medium: ask, high: ask}', world = 'shop' } = facts;
    const text = `witness: {journal: false}\nenvironments:\n  box:\n    sandbox: {world: ${world}}\n    policy: ${policy}\n`;
    await writeFile(join(home.dir, 'vigie.yaml'), text, { mode: 0o600 });
    return home;
  }

  /** The command that starts the program with these words. */
  command(...words: string[]): string[] {
    return [process.execPath, this.#main, ...words];
  }

  start(...words: string[]): ChildProcess {
    return spawn(process.execPath, [this.#main, ...words], {
      env: this.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  async run(...words: string[]): Promise<Ended> {
    const child = this.start(...words);
    child.stdin?.end();
    return outcomeOf(child);
  }

  /** One line for a shell, in which `vigie` is the program. */
  async shell(line: string): Promise<Ended> {
    const vigie = `vigie() { '${process.execPath}' '${this.#main}' "$@"; }`;
    const child = spawn('bash', ['-c', `${vigie}; ${line}`], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outcomeOf(child);
  }

  /** Ends the sandbox of this home and removes everything. */
  async remove(): Promise<void> {
    const address = await readFile(join(this.dir, 'home', 'sandbox.json'), 'utf8').catch(() => '');
    const pid = /"pid":(\d+)/.exec(address)?.[1];
    if (pid !== undefined) process.kill(Number(pid), 'SIGTERM');
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function outcomeOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)));
  return { status, stdout, stderr };
}
