import type { Ticked, TickReport } from '../../pipeline/tick.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { CommonOptions, Session } from '../session.ts';
import type { DefineCommand } from './entry.ts';

/** Cron mails whatever is printed: where nothing happened, nothing is. */
export const define: DefineCommand = (command, session) => {
  command
    .option('-e, --environment <text>', 'Of this environment alone.')
    .option('--dry-run', 'Say what would be done now.')
    .option('--verbose', 'Say too that nothing was due, and what goes on.');
  addConfigOption(command).action(
    async (options: CommonOptions & { environment?: string; dryRun?: true; verbose?: true }) => {
      const { environment, dryRun = false, verbose = false } = options;
      await session.withDesk(options, async desk => {
        const report = await desk.tick(
          { dryRun, ...(environment === undefined ? {} : { environment }) },
          {
            signal: session.signal,
            ...(verbose ? { progress: (message: string) => session.terminal.note(message) } : {}),
          },
        );
        const lines = dryRun ? report.due.map(wouldLine) : report.ticked.flatMap(didLines);
        if (lines.length > 0) await session.terminal.write(`${lines.join('\n')}\n`);
        tellRest(session, { report, verbose: verbose || dryRun });
        session.status = tickStatus(report);
      });
    },
  );
};

/** A failure first: it alone may need somebody tonight. */
export function tickStatus({ ticked, failed, broken }: TickReport): ExitStatus {
  const statuses = ticked.flatMap(({ did }) => did.map(({ status }) => status));
  if (failed.length + broken.length > 0) return 1;
  if (statuses.some(status => status === 'failed' || status === 'unverified')) return 1;
  if (statuses.some(status => status === 'plan_changed' || status === 'approval_required')) return 3;
  return statuses.includes('denied') ? 4 : 0;
}

function wouldLine({ environment, set, moment, tools }: TickReport['due'][number]): string {
  const deeds = tools.map(tool => tool.slice('backups_'.length)).join(', ');
  return `${set} in ${environment}, due ${moment}: would ${deeds}`;
}

/** What went well in a line; of what did not, all that it said. */
export function didLines({ environment, set, did }: Ticked): string[] {
  return did.map(({ tool, status, text }) => {
    const head = `${set} in ${environment}: ${tool.slice('backups_'.length)} ${status.replaceAll('_', ' ')}`;
    if (status === 'done' || status === 'nothing_to_do') return head;
    return [head, ...text.split('\n').map(line => `  ${line}`)].join('\n');
  });
}

/** What did not go as it should, or not yet. */
export function restLines({ failed, broken, left }: TickReport): string[] {
  return [
    ...failed.map(
      ({ environment, set, why }) =>
        `${set} in ${environment}: its schedule was passed over: ${why} Next: vigie backups schedule ${set} -e ${environment}`,
    ),
    ...broken.map(
      ({ environment, set, moment }) =>
        `${set} in ${environment}: what was begun for ${moment} broke off, and is not begun again; its next time goes on. See: vigie backups list ${set} -e ${environment}`,
    ),
    ...(left > 0 ? [`${left} more are due, and wait for the next tick.`] : []),
  ];
}

function tellRest({ terminal }: Session, at: { report: TickReport; verbose: boolean }): void {
  const { ticked, due, failed, broken, busy, left } = at.report;
  for (const line of restLines(at.report)) terminal.note(line);
  if (!at.verbose) return;
  for (const environment of busy) terminal.note(`Another tick goes through ${environment} just now.`);
  const all = [ticked, due, failed, broken, busy].flat();
  if (all.length + left === 0) terminal.note('Nothing is due.');
}
