import { acceptanceToFollow } from '../../pipeline/accepted-policy.ts';
import { newestEntry } from '../../pipeline/trusted-approvers.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import { askSigner, personFacts, signStatement } from '../sign-statement.ts';
import { Tty } from '../tty.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  const accept = command
    .command('accept')
    .description('Sign the policy in force; until then every allow of a change asks. Needs an approver.')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.');
  addConfigOption(accept).action((options: CommonOptions & { as?: string }) =>
    session.withVigie(options, async vigie => {
      const policy = await vigie.policy();
      if (policy.accepted) {
        session.terminal.note('This policy is accepted already.');
        return;
      }
      const tty = Tty.open(text => session.terminal.prompt(text));
      try {
        session.terminal.note(`Policy ${policy.hash.slice(0, 16)} of ${policy.file}:`);
        for (const { view } of vigie.environments) {
          const { low, medium, high } = view.policy;
          session.terminal.note(`  ${view.name}: low ${low}, medium ${medium}, high ${high}`);
        }
        const signer = await askSigner(vigie, {
          tty,
          purpose: 'accept this policy',
          ...(options.as === undefined ? {} : { as: options.as }),
        });
        const signed = await signStatement(vigie, {
          signer,
          what: { act: 'policy-accept', policyHash: policy.hash, follows: await acceptanceToFollow(vigie) },
        });
        const facts = await personFacts(vigie, newestEntry(await vigie.approvers()));
        const { settings } = await vigie.store();
        await settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts } });
        await session.terminal.write(`Accepted by ${signer.person}: ${policy.hash}\n`);
      } finally {
        tty.close();
      }
    }),
  );

  const show = command.command('show', { isDefault: true }).description('Say which policy is in force.');
  addConfigOption(show).action((options: CommonOptions) =>
    session.withVigie(options, async vigie => {
      const policy = await vigie.policy();
      const rows = vigie.environments.map(
        ({ view }) =>
          `  ${view.name}: low ${view.policy.low}, medium ${view.policy.medium}, high ${view.policy.high}\n`,
      );
      const state = policy.accepted ? 'accepted' : 'not accepted: every allow of a change asks';
      await session.terminal.write(`${policy.file}\n${policy.hash}\n${state}\n${rows.join('')}`);
    }),
  );
};
