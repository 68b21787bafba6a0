import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { CliHome, type Ended } from '../support/command-line.ts';
import { type MeddledWire, startMeddledWire } from '../support/meddled-wire.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { HttpDoor } from './http-door.ts';
import { StdioDoor } from './stdio-door.ts';

/** The cluster of an attack: the sandbox, and before it a wire that keeps every request and can say anything. */
export interface AttackedCluster extends MeddledWire {
  sandbox: Sandbox;
  kubeconfig: string;
  /** Asks the cluster itself, past Vigie and the wire. */
  admin(method: string, path: string, body?: Json): Promise<JsonObject>;
}

/** People of the environment `test`; its OS user is nobody of them. */
const people = '{alice: {groups: [oncall, leads]}, bob: {groups: [oncall]}}';

/**
 * A home of its own with the built product: what an attack stands on. Nothing runs before it is asked for, and `end`
 * takes back all that was started.
 */
export class Ground {
  readonly home: CliHome;
  readonly #ends: (() => unknown)[] = [];

  private constructor(home: CliHome) {
    this.home = home;
  }

  /** `main` is the program that is attacked. */
  static async make({ main }: { main: string }): Promise<Ground> {
    return new Ground(await CliHome.make({ main }));
  }

  /** The home's folder; it holds `vigie.yaml`, and in `home` the store and the tokens. */
  get dir(): string {
    return this.home.dir;
  }

  get configFile(): string {
    return join(this.dir, 'vigie.yaml');
  }

  /** Replaces vigie.yaml; until then the environment `box` is a sandbox of the product's own. */
  async configure(text: string): Promise<void> {
    await writeFile(this.configFile, text, { mode: 0o600 });
  }

  /**
   * Starts a small cluster behind a wire and configures it as the environment `test` with the namespaces shop and
   * other. `policy` and `kube` are YAML: the environment's policy, absent: all asks; more keys of its `kube`.
   */
  async cluster(setup: { policy?: string; kube?: string; world?: string } = {}): Promise<AttackedCluster> {
    const world = await loadWorld(setup.world ?? join(import.meta.dirname, '../fixtures/worlds/small.yaml'));
    const sandbox = await startSandbox({ world });
    this.onEnd(() => sandbox.close());
    const wire = await startMeddledWire(sandbox);
    this.onEnd(() => wire.close());
    const kubeconfig = join(this.dir, 'kubeconfig');
    const text = sandbox.kubeconfig().replaceAll(sandbox.url, wire.url);
    await writeFile(kubeconfig, text, { mode: 0o600 });
    const context = /^current-context: *"?([^"\n]+)"?/m.exec(text)?.[1] ?? '';
    const { policy = '{low: ask, medium: ask, high: ask}', kube = '' } = setup;
    await this.configure(
      `people: ${people}
environments:
  test:
    kube: {context: ${context}, kubeconfig: ${kubeconfig}, namespaces: [shop, other], insecureSkipTlsVerify: true${kube}}
    policy: ${policy}
`,
    );
    const admin = (method: string, path: string, body?: Json): Promise<JsonObject> =>
      askAsAdministrator(sandbox, { method, path, body });
    return { ...wire, sandbox, kubeconfig, admin };
  }

  /** Runs the product to its end, with nothing on its standard input. */
  run(...words: string[]): Promise<Ended> {
    return this.home.run(...words);
  }

  start(...words: string[]): ChildProcess {
    const child = this.home.start(...words);
    this.onEnd(() => child.kill('SIGKILL'));
    return child;
  }

  /** The product on a terminal of its own, before somebody or something that types. */
  terminal(...words: string[]): PseudoTerminal {
    const terminal = new PseudoTerminal(this.home.command(...words), this.home.env);
    this.onEnd(() => terminal.close());
    return terminal;
  }

  /** A client on `vigie serve --stdio`, greeted and ready. */
  async stdio(...more: string[]): Promise<StdioDoor> {
    return StdioDoor.open(this.start('serve', '--stdio', ...more));
  }

  /** `vigie serve --http` on a free port of loopback, with the token that its first start makes. */
  async http(...more: string[]): Promise<HttpDoor> {
    const first = !existsSync(join(this.dir, 'home', 'tokens.yaml'));
    return HttpDoor.open(this.start('serve', '--http', '127.0.0.1:0', ...more), { first });
  }

  /** Another token for HTTP clients. */
  async token(name: string, ...options: string[]): Promise<string> {
    const { stdout, stderr, status } = await this.run('tokens', 'add', name, ...options);
    if (status !== 0) throw new Error(`no token ${name}: ${stderr}`);
    return stdout.trim();
  }

  /** Makes a person an approver at a terminal and resolves with the passphrase; the first one needs nobody else. */
  async approver(person: string): Promise<string> {
    const terminal = this.terminal('approvers', 'add', person);
    const shown = await terminal.until('Write these five words down');
    const passphrase = /^ {4}((?:[a-z]+ ){4}[a-z]+)\s*$/m.exec(shown)?.[1] ?? '';
    await terminal.until('Type them to go on: ');
    terminal.type(`${passphrase}\r`);
    await terminal.until('is an approver');
    await terminal.ended();
    return passphrase;
  }

  /** Lets an approver accept the policy that is in force, at a terminal. */
  async accept(passphrase: string): Promise<void> {
    const terminal = this.terminal('policy', 'accept');
    await terminal.until('Passphrase of');
    terminal.type(`${passphrase}\r`);
    await terminal.until('Accepted by');
    await terminal.ended();
  }

  /** Undoes, when the attack is over, what was done for it; the newest first. */
  onEnd(undo: () => unknown): void {
    this.#ends.push(undo);
  }

  async end(): Promise<void> {
    for (const undo of this.#ends.reverse()) await undo();
    await this.home.remove();
  }
}
