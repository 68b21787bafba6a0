import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command
    .option('--yes', 'Do not ask: the sandbox answers itself, which it can only in a sandbox of its own.')
    .addHelpText(
      'after',
      '\nIt makes a home and a simulated cluster of its own, touches nothing of yours, and leaves nothing behind.',
    )
    .action(async (options: { yes?: boolean }) => {
      const { runDemo } = await import('../demo/run-demo.ts');
      session.status = await runDemo(session, { yes: options.yes === true });
    });
};
