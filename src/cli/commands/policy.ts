import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import { signAct } from '../sign-statement.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  const accept = command
    .command('accept')
    .description('Sign the policy in force; until then every allow of a change asks. Needs an approver.')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.');
  addConfigOption(accept).action((options: CommonOptions & { as?: string }) =>
    session.withApproverDesk(options, async desk => {
      if ((await desk.policy()).accepted) {
        session.terminal.note('This policy is accepted already.');
        return;
      }
      await signAct(session, desk, {
        wanted: { act: 'policy-accept' },
        purpose: 'accept this policy',
        why: '',
        ...(options.as === undefined ? {} : { as: options.as }),
      });
    }),
  );

  const show = command.command('show', { isDefault: true }).description('Say which policy is in force.');
  addConfigOption(show).action((options: CommonOptions) =>
    session.withDesk(options, async desk => {
      const { file, hash, accepted, environments, besides } = await desk.policy();
      const rows = environments.map(
        ({ name, low, medium, high }) => `  ${name}: low ${low}, medium ${medium}, high ${high}\n`,
      );
      const more = besides.map(line => `  ${line}\n`);
      const state = accepted ? 'accepted' : 'not accepted: every allow of a change asks';
      await session.terminal.write(`${file}\n${hash}\n${state}\n${rows.join('')}${more.join('')}`);
    }),
  );
};
