import { readKillSwitch, rowToLift } from '../../pipeline/kill-switch.ts';
import { newestEntry } from '../../pipeline/trusted-approvers.ts';
import { addConfigOption } from '../add-config-option.ts';
import { type CommonOptions, osUser } from '../session.ts';
import { askSigner, personFacts, signStatement } from '../sign-statement.ts';
import { Tty } from '../tty.ts';
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
    session.withVigie(options, async vigie => {
      const { settings } = await vigie.store();
      const why = options.reason ?? '';
      const audit = { event: 'kill_switch_on', facts: await personFacts(vigie, { why }) } as const;
      await settings.setKillSwitch({ on: true, by: osUser(), why, audit });
      await session.terminal.write('The kill switch is on: no change leaves this Vigie.\n');
      session.terminal.note('An approver lifts it with: vigie kill-switch off');
    }),
  );

  const off = command
    .command('off')
    .description("Let changes go again. Needs an approver's passphrase.")
    .option('--reason <text>', 'Why; recorded.')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.');
  addConfigOption(off).action((options: Options) =>
    session.withVigie(options, async vigie => {
      const { settings } = await vigie.store();
      if (!(await readKillSwitch(vigie)).on) {
        session.terminal.note('The kill switch is off already.');
        return;
      }
      const tty = Tty.open(text => session.terminal.prompt(text));
      try {
        const signer = await askSigner(vigie, {
          tty,
          purpose: 'switch changes on again',
          ...(options.as === undefined ? {} : { as: options.as }),
        });
        const signed = await signStatement(vigie, {
          signer,
          what: { act: 'kill-switch-off', lifts: await rowToLift(vigie) },
        });
        const why = options.reason ?? '';
        const facts = await personFacts(vigie, { why, ...newestEntry(await vigie.approvers()) });
        await settings.setKillSwitch({
          on: false,
          by: signer.person,
          why,
          signed,
          audit: { event: 'kill_switch_off', facts },
        });
        await session.terminal.write('The kill switch is off: changes go their way again.\n');
      } finally {
        tty.close();
      }
    }),
  );

  const status = command
    .command('status', { isDefault: true })
    .description('Say whether it is on, by whom and why.');
  addConfigOption(status).action((options: CommonOptions) =>
    session.withVigie(options, async vigie => {
      const { on, by, at, why } = await readKillSwitch(vigie);
      const since = at === '' ? '' : ` since ${at}, by ${by}${why === '' ? '' : `: ${why}`}`;
      await session.terminal.write(`The kill switch is ${on ? 'on' : 'off'}${since}.\n`);
    }),
  );
};
