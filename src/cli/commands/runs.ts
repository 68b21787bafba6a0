import { Option } from 'commander';
import { VigieError } from '../../core/errors.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

type Shown = CommonOptions & { output: string };

/** More than a screen; a schedule of each minute fills it in three hours. */
const shownByDefault = 200;
const mostShown = 10_000;

const statuses = ['ready', 'running', 'waiting', 'paused', 'done', 'failed', 'cancelled'] as const;

export const define: DefineCommand = (command, session) => {
  const list = command
    .command('list', { isDefault: true })
    .description('Show runs, the newest first.')
    .addOption(new Option('--status <status>', 'Only these.').choices(statuses))
    .option('--name <playbook>', 'Only of that playbook.')
    .option('-e, --environment <name>', 'Only in that one.')
    .option('--limit <number>', 'At most so many.', readLimit, shownByDefault);
  addConfigOption(addOutputOption(list)).action(
    async (
      options: Shown & {
        limit: number;
        status?: (typeof statuses)[number];
        name?: string;
        environment?: string;
      },
    ) => {
      const { listRuns } = await import('../runs/list-runs.ts');
      await listRuns(session, options);
    },
  );

  const show = command
    .command('show')
    .argument('<id>', 'Of a run.')
    .description('Show how far a run is and what it waits for.');
  addConfigOption(addOutputOption(show)).action(async (id: string, options: Shown) => {
    const { showRun } = await import('../runs/show-run.ts');
    await showRun(session, { id, options });
  });

  const logs = command
    .command('logs')
    .argument('<id>', 'Of a run.')
    .description('Show what each step answered, in the order of time.');
  addConfigOption(addOutputOption(logs)).action(async (id: string, options: Shown) => {
    const { logRun } = await import('../runs/log-run.ts');
    await logRun(session, { id, options });
  });

  const approve = command
    .command('approve')
    .argument('<id>', 'Of a run.')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.')
    .description('Decide what a run waits for, one ticket after another.');
  addConfigOption(approve).action(async (id: string, options: CommonOptions & { as?: string }) => {
    const { approveRun } = await import('../runs/approve-run.ts');
    await approveRun(session, { id, options });
  });

  for (const [what, summary] of [
    ['cancel', 'End a run before its next step; what cleans up still goes.'],
    ['pause', 'Hold a run before its next step.'],
    ['resume', 'Let a held run go on.'],
  ] as const) {
    const ask = command.command(what).argument('<id>', 'Of a run.').description(summary);
    addConfigOption(ask).action(async (id: string, options: CommonOptions) => {
      const { askOfRun } = await import('../runs/ask-of-run.ts');
      await askOfRun(session, { id, what, options });
    });
  }

  const retry = command
    .command('retry')
    .argument('<id>', 'Of a run that has ended.')
    .option('--from <step>', 'A step of the playbook; default: the first that failed or was taken back.')
    .description('Run again from a step on; what was done before it counts.');
  addConfigOption(retry).action(async (id: string, options: CommonOptions & { from?: string }) => {
    await session.noteOwnFiles(options);
    const { retryRun } = await import('../runs/retry-run.ts');
    await retryRun(session, { id, options });
  });
};

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostShown) return limit;
  throw new VigieError('INVALID_INPUT', `--limit is a whole number from 1 to ${mostShown}.`, {
    hint: 'vigie runs list --limit 20',
  });
}
