import { homeOf } from '../../config/home.ts';
import { VigieError } from '../../core/errors.ts';
import type { DefineCommand } from './entry.ts';

interface UpOptions {
  world: string;
  port?: string;
  kubeconfig?: string;
}

export const define: DefineCommand = (command, session) => {
  command
    .command('up')
    .description('Serve a simulated cluster until Ctrl-C, for kubectl or anything else that speaks its API.')
    .option('--world <name>', 'A world that comes with Vigie, or a YAML file.', 'shop')
    .option('--port <number>', 'Default: any free one.')
    .option('--kubeconfig <file>', 'Write a kubeconfig there; a file that exists is never overwritten.')
    .action(async (options: UpOptions) => {
      const { serveSandboxForeground } = await import('../../sandbox/foreground.ts');
      const { world, port, kubeconfig } = options;
      await serveSandboxForeground({
        world,
        say: line => void session.terminal.write(`${line}\n`),
        ...(port === undefined ? {} : { port: readPort(port) }),
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
      });
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
