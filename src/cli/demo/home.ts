import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { isObject } from '../../core/json.ts';
import { connectSandbox } from '../../sandbox/daemon.ts';

const demoWorld = 'shop';
/** The sandbox removes files of its own while it ends. */
const removals = 5;

/** The one environment of the demo, with the policy that a careful team starts with. */
const demoConfig = `environments:
  demo:
    sandbox: {world: ${demoWorld}}
    policy: {low: allow, medium: ask, high: ask}
`;

/** A home that holds nothing of the user's, with a sandbox of its own; `end` leaves no trace of either. */
export interface DemoHome {
  dir: string;
  configFile: string;
  sandbox: { url: string; token: string; world: string };
  end(): Promise<void>;
}

/** `furnish` makes what a story needs in the home, and answers what vigie.yaml is to say of it, below its environment. */
export async function makeDemoHome(
  self: readonly string[],
  furnish: (dir: string) => Promise<string>,
): Promise<DemoHome> {
  const dir = await mkdtemp(join(tmpdir(), 'vigie-demo-'));
  const configFile = join(dir, 'vigie.yaml');
  try {
    await writeFile(configFile, `${demoConfig}${await furnish(dir)}`, { mode: 0o600 });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  // Started in the folder of temporary files, this home would lie in the working directory, and nothing is taken from there.
  process.chdir(parse(dir).root);
  // Everything that this process opens or starts from here on is to see the demo's home and nothing else.
  process.env['VIGIE_HOME'] = dir;
  process.env['VIGIE_CONFIG'] = configFile;
  const end = async () => {
    await stopSandbox(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: removals });
  };
  const { url, token } = await connectSandbox({
    home: dir,
    world: demoWorld,
    command: [...self, 'sandbox', 'serve-daemon', '--world', demoWorld],
  }).catch(async (cause: unknown) => {
    await end();
    throw cause;
  });
  return {
    dir,
    configFile,
    sandbox: { url, token, world: demoWorld },
    end,
  };
}

/** The demo started this one, in a home that nobody else knows. */
async function stopSandbox(dir: string): Promise<void> {
  const address: unknown = await readFile(join(dir, 'sandbox.json'), 'utf8').then(
    JSON.parse,
    () => undefined,
  );
  if (!isObject(address) || typeof address['pid'] !== 'number') return;
  try {
    process.kill(address['pid'], 'SIGTERM');
  } catch {
    // It has ended already.
  }
}
