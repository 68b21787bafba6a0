import { InvalidArgumentError, Option } from 'commander';
import type { DefineCommand } from './entry.ts';

interface DemoOptions {
  yes?: true;
  fault?: string | true;
  list?: true;
  story?: string;
  playbook?: string;
}

/** Of two the last would count and the other be lost without a word. */
function onlyOne(name: string, before: string | true | undefined): string {
  if (before === undefined) return name;
  throw new InvalidArgumentError(`One fault is played at a time, and ${before} was named before it.`);
}

export const define: DefineCommand = (command, session) => {
  command
    .option('--yes', 'Do not ask: the sandbox answers itself, which it can only in a sandbox of its own.')
    .option(
      '--fault [name]',
      'Break the shop, find out why, and heal it; without a name: image-tag.',
      onlyOne,
    )
    .option('--list', 'List the faults there are.')
    .addOption(
      new Option('--playbook <name>', 'Break what a playbook heals, and let it run.').conflicts([
        'fault',
        'list',
        'story',
      ]),
    )
    .addOption(
      new Option('--story <name>', 'Back a small database up, damage a copy, and drill both.')
        .choices(['backup'])
        .conflicts(['fault', 'list']),
    )
    .addHelpText(
      'after',
      '\nIt makes a home and a simulated cluster of its own, touches nothing of yours, and leaves nothing behind.',
    )
    .action(async ({ yes, fault, list, story, playbook }: DemoOptions) => {
      if (playbook !== undefined) {
        const { runPlaybook } = await import('../demo/run-playbook.ts');
        session.status = await runPlaybook(session, { name: playbook, yes: yes === true });
        return;
      }
      if (story !== undefined) {
        const { runBackup } = await import('../demo/run-backup.ts');
        session.status = await runBackup(session, { yes: yes === true });
        return;
      }
      if (list === undefined && fault === undefined) {
        const { runDemo } = await import('../demo/run-demo.ts');
        session.status = await runDemo(session, { yes: yes === true });
        return;
      }
      const { faultNamed, faults } = await import('../demo/faults.ts');
      if (list === true) {
        const { TableWriter } = await import('../render/table.ts');
        const rows = faults.map(({ name, told, answer }) => ({
          name,
          heals: answer === undefined ? 'a fix' : 'your answer',
          breaks: told,
        }));
        await session.terminal.write(`${new TableWriter().page(rows).trimEnd()}\n`);
        return;
      }
      const played = fault === undefined || fault === true ? faults[0] : faultNamed(fault);
      if (played === undefined) return;
      const { runFault } = await import('../demo/run-fault.ts');
      session.status = await runFault(session, { fault: played, yes: yes === true });
    });
};
