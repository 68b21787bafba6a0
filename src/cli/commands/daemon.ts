import { defaultRunFolder } from '../../desk/wire/find-daemon.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command
    .option('--run <folder>', 'Where the two sockets lie, each in a folder of its own.', defaultRunFolder)
    .option('--print-unit', 'Print the systemd unit that starts this very program, and end.')
    .addHelpText(
      'after',
      '\nIt runs as an OS user of its own, who owns credentials, policy, store and approvers. Members of the group of\n' +
        "FOLDER/agent may ask for changes, those of FOLDER/approve's may decide them; both use the same commands.",
    );
  addConfigOption(command).action(async (options: CommonOptions & { run: string; printUnit?: true }) => {
    const { program, terminal, signal } = session;
    if (options.printUnit === true) {
      const { unitFor } = await import('../print-unit.ts');
      await terminal.write(
        await unitFor(program.self, {
          ...(options.run === defaultRunFolder ? {} : { run: options.run }),
          ...(options.config === undefined ? {} : { configFile: options.config }),
        }),
      );
      return;
    }
    const daemon = await program.openDaemon({
      run: options.run,
      ...(options.config === undefined ? {} : { configFile: options.config }),
    });
    try {
      terminal.note(`Vigie ${program.version} listens at ${daemon.paths.agent} and ${daemon.paths.approver}`);
      if (!signal.aborted)
        await new Promise<void>(resolve => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
    } finally {
      await daemon.close();
    }
  });
};
