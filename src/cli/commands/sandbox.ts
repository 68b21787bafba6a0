import { homeOf } from '../../config/home.ts';
import { VigieError } from '../../core/errors.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

interface UpOptions {
  world: string;
  port?: string;
  kubeconfig?: string;
}

interface LoadOptions extends CommonOptions {
  from: string;
  namespace?: string[];
  to?: string;
  replace?: true;
}

export const define: DefineCommand = (command, session) => {
  command
    .command('up')
    .description('Serve a simulated cluster until Ctrl-C, for kubectl or anything else that speaks its API.')
    .option('--world <name>', 'shop, faults, one that `sandbox load` wrote, or a YAML file.', 'shop')
    .option('--port <number>', 'Default: any free one.')
    .option('--kubeconfig <file>', 'Write a kubeconfig there; a file that exists is never overwritten.')
    .action(async (options: UpOptions) => {
      const { serveSandboxForeground } = await import('../../sandbox/foreground.ts');
      const { world, port, kubeconfig } = options;
      await serveSandboxForeground({
        world,
        home: homeOf(session.terminal.env).dir,
        say: line => void session.terminal.write(`${line}\n`),
        ...(port === undefined ? {} : { port: readPort(port) }),
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
      });
    });

  const load = command
    .command('load')
    .description(
      'Write the world of a sandbox that is as an environment is now: its twin. No value of a Secret.',
    )
    .requiredOption('--from <environment>', 'The environment to read.')
    .option('-n, --namespace <name...>', 'Only these namespaces of it.')
    .option('--to <file>', 'A new file; default: a world of this home, named as the environment.')
    .option('--replace', 'In place of the world of this home that has the name.');
  addConfigOption(load).action(async (options: LoadOptions) => {
    const { loadTwin } = await import('../sandbox/load-twin.ts');
    await loadTwin(session, options);
  });

  const status = command
    .command('status')
    .description('What runs in the background of this VIGIE_HOME, its time, and who uses it.');
  addConfigOption(status).action(async (options: CommonOptions) => {
    const { showStatus } = await import('../sandbox/background.ts');
    await showStatus(session, options);
  });

  const down = command.command('down').description('End the sandbox in the background of this VIGIE_HOME.');
  addConfigOption(down).action(async (options: CommonOptions) => {
    const { takeDown } = await import('../sandbox/background.ts');
    await takeDown(session, options);
  });

  command
    .command('advance')
    .argument('<duration>', 'Like 90s, 10m, 2h or 3d; at most 30d.')
    .description("Move the sandbox's clock forward, and play through what that brings.")
    .option('--kubeconfig <file>', 'Of a `sandbox up`; default: the sandbox in the background.')
    .action(async (duration: string, options: { kubeconfig?: string }) => {
      const { moveClock } = await import('../sandbox/background.ts');
      await moveClock(session, { duration, ...options });
    });

  command
    .command('serve-daemon', { hidden: true })
    .description('The sandbox of this VIGIE_HOME, as it is started in the background.')
    .requiredOption('--world <name>', 'World.')
    .action(async ({ world }: { world: string }) => {
      const { serveSandboxDaemon } = await import('../../sandbox/daemon.ts');
      await serveSandboxDaemon({ home: homeOf(session.terminal.env).dir, world });
    });
};

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new VigieError('INVALID_INPUT', `--port takes a number up to 65535, not "${text}".`);
}
