import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

type Options = CommonOptions & { output: string };

export const define: DefineCommand = (command, session) => {
  const list = command
    .command('list', { isDefault: true })
    .description(
      'Show what may start by itself, who may send alerts and webhooks, and starts that were held.',
    );
  addConfigOption(addOutputOption(list)).action(async (options: Options) => {
    await session.noteOwnFiles(options);
    const { listTriggers } = await import('../triggers/list.ts');
    await listTriggers(session, options);
  });

  const test = command
    .command('test')
    .requiredOption('--alert <file>', 'An alert, or a group of them as Alertmanager sends it, as JSON.')
    .option('--from <sender>', 'By whom, of triggers.alerts; default: the only one.')
    .description('Say which playbooks an alert would start, with which inputs. Exit status 5: none.');
  addConfigOption(addOutputOption(test)).action(
    async (options: Options & { alert: string; from?: string }) => {
      await session.noteOwnFiles(options);
      const { tryAlert } = await import('../triggers/try-alert.ts');
      await tryAlert(session, options);
    },
  );
};
