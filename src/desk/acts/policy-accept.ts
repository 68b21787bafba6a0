import { VigieError } from '../../core/errors.ts';
import { acceptanceToFollow } from '../../pipeline/accepted-policy.ts';
import { policyView } from '../policy-view.ts';
import type { Act } from './act.ts';

/** Enough of a hash to compare by eye. */
const shownHash = 16;

/** Accepts the policy in force; until then every allow of a change asks. */
export const policyAccept: Act = {
  act: 'policy-accept',
  async prepare(vigie) {
    const { hash, file, environments, besides } = await policyView(vigie);
    return {
      content: { act: 'policy-accept', policyHash: hash, follows: await acceptanceToFollow(vigie) },
      shows: [
        `Policy ${hash.slice(0, shownHash)} of ${file}:`,
        ...environments.map(
          ({ name, low, medium, high }) => `  ${name}: low ${low}, medium ${medium}, high ${high}`,
        ),
        ...besides.map(line => `  ${line}`),
      ],
    };
  },
  async commit(vigie, { signed, facts }) {
    const { statement } = signed;
    const { hash } = await vigie.policy();
    if (statement.act !== 'policy-accept' || statement.policyHash !== hash)
      throw new VigieError('CONFLICT', 'The policy in force is not the one that was signed.', {
        hint: 'vigie policy show, then accept it again.',
      });
    const { settings } = await vigie.store();
    await settings.setAcceptedPolicy({ signed, audit: { event: 'policy_accepted', facts } });
    return `Accepted by ${statement.approver}: ${hash}`;
  },
};
