import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { addApprover } from '../../src/config/approvers.ts';
import { deriveKey, newSalt } from '../../src/config/signing.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { type Ended, main } from './command-line.ts';
import { clientOf } from './mcp-clients.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';

/** An account of the machine as a process runs under it: its primary group is its only one. */
export interface TestAccount {
  login: string;
  uid: number;
  gid: number;
}

/** Accounts that every Debian has. Whoever runs this is root, and acts as each. */
const accounts = {
  daemon: accountNamed('proxy'),
  agent: accountNamed('games'),
  approver: accountNamed('man'),
};

/** Why what needs accounts apart cannot be tried here; undefined: it can. */
export const cannotBeApart =
  process.getuid?.() !== 0
    ? 'only root can act as several accounts'
    : Object.values(accounts).some(each => each === undefined)
      ? 'this machine has not the accounts'
      : accounts.agent !== undefined && !canRead(accounts.agent)
        ? 'other accounts cannot read the folder of this checkout'
        : undefined;

export const passphrase = 'a long passphrase of the approver';

/**
 * A daemon of one account, an agent's account and an approver's, on a sandbox: below /run, where root alone can have put
 * a daemon's folders.
 */
export class Apart {
  readonly dir: string;
  readonly run: string;
  readonly home: string;
  readonly configFile: string;
  readonly kubeconfig: string;
  readonly sandbox: Sandbox;
  readonly #main: string;
  #daemon: ChildProcess | undefined;

  private constructor(dir: string, { sandbox, program }: { sandbox: Sandbox; program: string }) {
    this.dir = dir;
    this.#main = program;
    this.run = join(dir, 'run');
    this.home = join(dir, 'home');
    this.configFile = join(dir, 'etc', 'vigie.yaml');
    this.kubeconfig = join(dir, 'etc', 'kubeconfig');
    this.sandbox = sandbox;
  }

  /** `main` is the program, absent: src. */
  static async make(facts: { main?: string } = {}): Promise<Apart> {
    const sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
    const apart = new Apart(mkdtempSync('/run/vigie-test-'), {
      sandbox,
      program: facts.main ?? main,
    });
    const { daemon, agent, approver } = apart.accounts;
    chmodSync(apart.dir, 0o755);
    for (const name of ['run', 'etc']) mkdirSync(join(apart.dir, name), { mode: 0o755 });
    folderOf(daemon, { path: apart.home, gid: daemon.gid, mode: 0o700 });
    for (const [name, { gid }] of [
      ['agent', agent],
      ['approve', approver],
    ] as const) {
      folderOf(daemon, { path: join(apart.run, name), gid, mode: 0o750 });
      folderOf(daemon, { path: join(apart.run, name, 'callers'), gid, mode: 0o3730 });
    }
    const text = sandbox.kubeconfig();
    writeFileSync(apart.kubeconfig, text, { mode: 0o600 });
    chownSync(apart.kubeconfig, daemon.uid, daemon.gid);
    const context = /^current-context: *"?([^"\n]+)"?/m.exec(text)?.[1] ?? '';
    writeFileSync(
      apart.configFile,
      `witness: {journal: false}
people: {alice: {groups: [oncall], logins: [${approver.login}]}, bob: {logins: [${agent.login}]}}
environments:
  test:
    kube: {context: ${context}, kubeconfig: ${apart.kubeconfig}, namespaces: [shop, other], insecureSkipTlsVerify: true}
    policy: {low: ask, medium: ask, high: ask}
`,
      { mode: 0o644 },
    );
    const file = join(apart.dir, 'etc', 'approvers.yaml');
    const key = await deriveKey({ passphrase, salt: newSalt() });
    await addApprover({ file, person: 'alice', key, via: 'vitest', now: new Date() });
    chownSync(file, daemon.uid, daemon.gid);
    return apart;
  }

  get accounts(): { daemon: TestAccount; agent: TestAccount; approver: TestAccount } {
    const { daemon, agent, approver } = accounts;
    if (daemon === undefined || agent === undefined || approver === undefined)
      throw new Error('the accounts of this test are not there');
    return { daemon, agent, approver };
  }

  /** Starts the daemon, and waits until it listens. */
  async start(): Promise<void> {
    const { uid, gid } = this.accounts.daemon;
    const words = [this.#main, 'daemon', '--run', this.run, '--config', this.configFile];
    const child = spawn(process.execPath, words, {
      uid,
      gid,
      env: { PATH: process.env['PATH'], HOME: this.home, VIGIE_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#daemon = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('listens at')) resolve();
      });
      child.once('exit', status => reject(new Error(`the daemon ended with ${status}: ${said}`)));
    });
  }

  /** Of the daemon's process, while it runs. */
  get pid(): number | undefined {
    return this.#daemon?.exitCode === null ? this.#daemon.pid : undefined;
  }

  async stop(): Promise<void> {
    const child = this.#daemon;
    this.#daemon = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  /** One run of the command line under an account. */
  async vigie(as: TestAccount, ...words: string[]): Promise<Ended> {
    const { uid, gid } = as;
    const child = spawn(process.execPath, [this.#main, ...words], {
      uid,
      gid,
      cwd: '/',
      env: this.#clientEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { status: -1, stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (ended.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (ended.stderr += data.toString()));
    ended.status = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)));
    return ended;
  }

  /** The same on a terminal of its own. */
  atTerminal(as: TestAccount, ...words: string[]): PseudoTerminal {
    return this.atTerminalWith(as, { words });
  }

  /** And with more variables. */
  atTerminalWith(
    as: TestAccount,
    { words, env = {} }: { words: readonly string[]; env?: NodeJS.ProcessEnv },
  ): PseudoTerminal {
    return new PseudoTerminal(this.#commandAs(as, words), { ...this.#clientEnv(), ...env });
  }

  /** An MCP client whose server is the program under an account. */
  async connectMcp(as: TestAccount): Promise<Client> {
    const [command = '', ...args] = this.#commandAs(as, ['serve', '--stdio']);
    const env = Object.fromEntries(
      Object.entries(this.#clientEnv()).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
    const client = clientOf('legacy');
    await client.connect(new StdioClientTransport({ command, args, env, cwd: '/' }));
    return client;
  }

  /** Runs a program of the tests under an account; what it prints is JSON. */
  node(as: TestAccount, words: readonly string[]): unknown {
    const { uid, gid } = as;
    const stdout = execFileSync(process.execPath, [...words], {
      uid,
      gid,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: this.home, VIGIE_HOME: this.home },
    });
    return JSON.parse(stdout);
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.sandbox.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #commandAs({ uid, gid }: TestAccount, words: readonly string[]): string[] {
    const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
    return [...become, process.execPath, this.#main, ...words];
  }

  #clientEnv(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm', VIGIE_DAEMON: this.run };
  }
}

function folderOf(owner: TestAccount, folder: { path: string; gid: number; mode: number }): void {
  mkdirSync(folder.path);
  chownSync(folder.path, owner.uid, folder.gid);
  chmodSync(folder.path, folder.mode);
}

/** Whether an account can run this program from where it lies: below a home of root's, none can. */
function canRead({ uid, gid }: TestAccount): boolean {
  const looks = `require('node:fs').accessSync(${JSON.stringify(main)})`;
  return spawnSync(process.execPath, ['-e', looks], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

function accountNamed(login: string): TestAccount | undefined {
  try {
    const [, , uid, gid] = execFileSync('getent', ['passwd', login], { encoding: 'utf8' }).split(':');
    return { login, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}
