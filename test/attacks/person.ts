import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Ended } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import type { AttackedCluster, Ground } from './ground.ts';

/** alice at her terminal, and the cluster that she decides for. */
export interface Person {
  cluster: AttackedCluster;
  passphrase: string;
}

/** A cluster, its approver alice, and the policy in force accepted by her. `policy`: YAML, absent: all asks. */
export async function seatAlice(
  ground: Ground,
  setup: Parameters<Ground['cluster']>[0] = {},
): Promise<Person> {
  const cluster = await ground.cluster(setup);
  const passphrase = await ground.approver('alice');
  await ground.accept(passphrase);
  return { cluster, passphrase };
}

/** Asks for a change on the command line and resolves with its ticket; absent words: three pods for web, from two. */
export async function propose(ground: Ground, ...words: string[]): Promise<string> {
  const asked = words.length === 0 ? ['scale', 'deploy/web', '--replicas', '3', '-n', 'shop'] : words;
  const { stdout, stderr } = await ground.run('k8s', ...asked);
  const id = /vigie approve (\w{8})/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`no ticket for ${asked.join(' ')}: ${stdout}${stderr}`);
  return id;
}

/**
 * `vigie approve` at a terminal of its own: reads on to the end, types what is asked for and waits for the end. `name`:
 * what high risk has typed; `main`: another program. A product that ends before it asks is met too.
 */
export async function decide(
  ground: Ground,
  ticket: {
    id: string;
    passphrase: string;
    name?: string;
    env?: NodeJS.ProcessEnv;
    command?: readonly string[];
  },
): Promise<{ status: number; shown: string }> {
  const { id, passphrase, name, env, command = ground.home.command('approve', id) } = ticket;
  const terminal = new PseudoTerminal(command, { ...ground.home.env, ...env });
  ground.onEnd(() => terminal.close());
  const ended = terminal.ended();
  const asked = async (): Promise<void> => {
    if (name !== undefined) {
      await terminal.readOnUntil(`Type ${name} to go on: `);
      terminal.type(`${name}\r`);
    }
    await terminal.readOnUntil('Passphrase of');
    terminal.type(`${passphrase}\r`);
    // Asked once more, nobody answers.
    await terminal.until('Passphrase of');
    terminal.type('\u0003');
  };
  // What it said instead of asking is in what was shown.
  void asked().catch(() => undefined);
  return { status: await ended, shown: terminal.shown };
}

/** Runs the product as somebody with a shell can: with more variables, in another folder, with something on its input. */
export async function runFrom(
  ground: Ground,
  how: {
    words: readonly string[];
    env?: NodeJS.ProcessEnv;
    cwd?: string;
    input?: string;
    command?: readonly string[];
  },
): Promise<Ended> {
  const [program = '', ...args] = [...(how.command ?? ground.home.command()), ...how.words];
  const child = spawn(program, args, {
    env: { ...ground.home.env, ...how.env },
    ...(how.cwd === undefined ? {} : { cwd: how.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const chunks = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      chunks[stream] += text;
    });
  child.stdin.on('error', () => {});
  child.stdin.end(how.input ?? '');
  const [status] = (await once(child, 'close')) as [number | null];
  return { status: status ?? -1, ...chunks };
}

/** How many pods the cluster itself says that web should have. */
export async function replicasOfWeb(cluster: AttackedCluster): Promise<unknown> {
  const { spec } = await cluster.admin('GET', '/apis/apps/v1/namespaces/shop/deployments/web');
  return typeof spec === 'object' && spec !== null && 'replicas' in spec ? spec.replicas : undefined;
}

/** The state of a change as the product tells it. */
export async function stateOf(ground: Ground, id: string): Promise<unknown> {
  const { stdout } = await ground.run('changes', 'get', id, '-o', 'json');
  const answer: unknown = JSON.parse(stdout);
  return typeof answer === 'object' && answer !== null && 'state' in answer ? answer.state : undefined;
}
