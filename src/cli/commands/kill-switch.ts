import { cleanLine } from '../../core/text.ts';
import type { KillSwitch } from '../../store/settings.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import { signAct } from '../sign-statement.ts';
import type { DefineCommand } from './entry.ts';

interface Options extends CommonOptions {
  reason?: string;
  as?: string;
}

export const define: DefineCommand = (command, session) => {
  const on = command
    .command('on')
    .description('From now on no change leaves this Vigie, approved or not. Needs no signature.')
    .option('--reason <text>', 'Why; recorded.');
  addConfigOption(on).action((options: Options) =>
    session.withDesk(options, async desk => {
      const { onBefore } = await desk.stopChanges({ why: options.reason ?? '' });
      await session.terminal.write(
        onBefore === undefined
          ? 'The kill switch is on: no change leaves this Vigie.\n'
          : `The kill switch is on already${sinceText(onBefore)}. Nothing new was recorded.\n`,
      );
      // Whatever became of the approvers, it is on.
      const approvers = await desk.approvers().catch(() => undefined);
      session.terminal.note(
        approvers?.length === 0
          ? 'Nobody can lift it yet: there is no approver. Add one: vigie approvers add NAME'
          : 'An approver lifts it with: vigie kill-switch off',
      );
    }),
  );

  const off = command
    .command('off')
    .description("Let changes go again. Needs an approver's passphrase.")
    .option('--reason <text>', 'Why; recorded.')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.');
  addConfigOption(off).action((options: Options) =>
    session.withApproverDesk(options, async desk => {
      if (!(await desk.killSwitch()).on) {
        session.terminal.note('The kill switch is off already.');
        return;
      }
      await signAct(session, desk, {
        wanted: { act: 'kill-switch-off' },
        purpose: 'switch changes on again',
        why: options.reason ?? '',
        ...(options.as === undefined ? {} : { as: options.as }),
      });
    }),
  );

  const status = command
    .command('status', { isDefault: true })
    .description('Say whether it is on, by whom and why.');
  addConfigOption(status).action((options: CommonOptions) =>
    session.withDesk(options, async desk => {
      const found = await desk.killSwitch();
      await session.terminal.write(`The kill switch is ${found.on ? 'on' : 'off'}${sinceText(found)}.\n`);
    }),
  );
};

function sinceText({ by, at, why }: KillSwitch): string {
  return at === '' ? '' : ` ${cleanLine(`since ${at}, by ${by}${why === '' ? '' : `: ${why}`}`)}`;
}
