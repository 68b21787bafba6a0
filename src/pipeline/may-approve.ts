import type { Approver } from '../config/approvers.ts';
import type { Approval, ApprovalPayload } from '../core/approval.ts';
import { signedText } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import type { Policy } from '../core/policy.ts';
import { cleanLine } from '../core/text.ts';
import { joined, trusted } from '../core/trusted-text.ts';
import { kindOf } from './changes/index.ts';
import { faultOf } from './prove-signature.ts';
import { refuseExpired } from './refuse-expired.ts';
import { whereGroupsStand } from './too-few-people.ts';
import { addedAt, trustedApprovers } from './trusted-approvers.ts';
import type { Environment, Vigie } from './vigie.ts';

const newApproverMs = 24 * 3_600_000;
/** As long as an OS user's name may be. */
const shownNameChars = 64;

/** Whether a person's word may settle this plan: an approver, of a group that the policy names, another person where four eyes are asked for, and no new one where several must agree. @throws VigieError NOT_AN_APPROVER */
export async function checkPerson(
  vigie: Vigie,
  at: { person: string; plan: Plan; environment: Environment },
): Promise<void> {
  const { person, plan, environment } = at;
  const { list: approvers } = await trustedApprovers(vigie);
  const approver = approvers.find(each => each.person === person);
  if (approver === undefined) {
    throw new VigieError('NOT_AN_APPROVER', `${person} is no approver here.`, {
      hint:
        approvers.length === 0
          ? 'There is none yet: vigie approvers add NAME'
          : trusted`Approvers: ${approvers.map(each => each.person)}.`,
    });
  }
  const groups = environment.rules.approvers[plan.risk.level];
  if (groups !== undefined && !groups.some(group => vigie.groupsOf(person).includes(group))) {
    throw new VigieError(
      'NOT_AN_APPROVER',
      `${person} may not approve ${plan.risk.level} risk in ${plan.environment}.`,
      {
        hint:
          groups.length === 0
            ? "Nobody may: root's vigie.yaml and the other one name no group in common for this risk."
            : trusted`The groups ${groups} may.`,
        details: { groups },
      },
    );
  }
  refuseOthers(vigie, at);
  const { fourEyes } = environment.rules.approvers;
  if (fourEyes) checkSecondPerson(vigie, { person, plan });
  const seats = plan.gate?.seats ?? 1;
  if (!fourEyes && seats === 1) return;
  const wanted = fourEyes
    ? `the second person that ${plan.environment} wants (fourEyes)`
    : `one of the ${seats} people who must agree to this`;
  await refuseNewApprover(vigie, { approver, wanted });
}

/** A playbook may want people of some groups for its step: fewer than policy lets, and never others. */
function refuseOthers(vigie: Vigie, { person, plan }: { person: string; plan: Plan }): void {
  const { from } = plan;
  if (from === undefined || from.some(group => vigie.groupsOf(person).includes(group))) return;
  throw new VigieError('NOT_AN_APPROVER', `${person} is in no group that the playbook asks for this.`, {
    hint: joined(
      [
        vigie.peopleIn(from).length === 0
          ? trusted`The groups ${from} may, and nobody is in them.`
          : trusted`The groups ${from} may.`,
        whereGroupsStand,
      ],
      ' ',
    ),
    details: { groups: from },
  });
}

/** Where one person is not enough, whoever was added a moment ago may be anybody, the first one too: the others get a day to see it in the audit and on their screens. */
async function refuseNewApprover(
  vigie: Vigie,
  { approver, wanted }: { approver: Approver; wanted: string },
): Promise<void> {
  const since = await addedAt(vigie, approver);
  const counts = new Date(Date.parse(since) + newApproverMs);
  if (counts.getTime() <= vigie.now().getTime()) return;
  throw new VigieError(
    'NOT_AN_APPROVER',
    `${approver.person} is an approver since ${since} and counts as ${wanted} from ${counts.toISOString()}.`,
    { hint: 'Until then an approver of longer standing decides it.' },
  );
}

/**
 * Another person than whoever asked. A run that an alert, a webhook, a schedule or an event started has no person behind it,
 * so any approver is another than it: what it does was accepted with vigie.yaml before. An OS user who is nobody in
 * vigie.yaml may be the approver, so nobody is another than he.
 */
function checkSecondPerson(vigie: Vigie, { person, plan }: { person: string; plan: Plan }): void {
  const { actor } = plan;
  if (actor.kind === 'playbook' && actor.via === 'trigger') return;
  for (const asker of [actor.onBehalfOf, ...(actor.kind === 'person' ? [actor.name] : [])]) {
    const asking = vigie.personBehind(asker);
    if (asking === undefined)
      throw new VigieError(
        'NOT_AN_APPROVER',
        `${cleanLine(asker, shownNameChars)} asked for this change and is nobody in vigie.yaml, so nobody can be told to be a second person (fourEyes).`,
        { hint: 'Name whose login that is, in vigie.yaml under people: NAME: {logins: [LOGIN]}' },
      );
    if (asking === person)
      throw new VigieError(
        'NOT_AN_APPROVER',
        `${person} asked for this change, and ${plan.environment} wants a second person (fourEyes).`,
        { hint: 'Another approver decides it.' },
      );
  }
}

/** What exactly an approval of this plan signs. */
export async function payloadFor(
  vigie: Vigie,
  about: { plan: Plan; person: string; auditHead: string },
): Promise<ApprovalPayload> {
  const { plan } = about;
  const policy = await vigie.policy();
  return {
    v: 1,
    ticket: plan.id,
    digest: plan.digest,
    environment: plan.environment,
    cluster: canonicalJson(plan.cluster),
    decision: 'approve',
    approver: about.person,
    expiresAt: plan.expiresAt,
    policyHash: policy.hash,
    auditHead: about.auditHead,
  };
}

/** Checks an approval in the process that will execute, right before it does. @throws VigieError BAD_SIGNATURE, NOT_AN_APPROVER, TICKET_CLOSED */
export async function checkApproval(
  vigie: Vigie,
  at: { approval: Approval; plan: Plan; environment: Environment },
): Promise<void> {
  const { approval, plan, environment } = at;
  if ('unsigned' in approval) return checkUnsigned(approval.unsigned, { plan, environment });
  const { payload, signature, publicKey } = approval;
  const fault = faultOf(
    { person: payload.approver, text: signedText('approval', payload), signature, publicKey },
    { approvers: await trustedApprovers(vigie) },
  );
  if (fault !== undefined)
    throw new VigieError('BAD_SIGNATURE', `The approval of ${plan.id} ${fault}.`, {
      hint: trusted`vigie approvers list shows whose keys count; to sign again: vigie approve ${plan.id}`,
    });
  const wanted = await payloadFor(vigie, {
    plan,
    person: payload.approver,
    auditHead: payload.auditHead,
  });
  if (signedText('approval', wanted) !== signedText('approval', payload))
    throw new VigieError('BAD_SIGNATURE', 'The approval was given for another plan, cluster or policy.', {
      hint: trusted`Look at the plan again: vigie approve ${plan.id}`,
    });
  refuseExpired(plan, vigie.now());
  const { audit } = await vigie.store();
  if (!(await audit.has(payload.auditHead)))
    throw new VigieError('BAD_SIGNATURE', 'The approval names a row of the audit that is not there.', {
      hint: `Run \`vigie audit verify\`: rows were cut off since it was signed, or it was signed elsewhere.`,
    });
  await checkPerson(vigie, { person: payload.approver, plan, environment });
}

/** Why a person is asked for a plan also where policy allows it; undefined: for nothing of it. */
export function whyAsked({ changes }: Pick<Plan, 'changes'>): string | undefined {
  return changes.flatMap(change => kindOf(change).asks?.(change) ?? [])[0];
}

/**
 * Whether an MCP client's own prompt may answer: nobody knows who sits there, so it stands in for no group that policy
 * names, for no second person, never for high risk, and for no gate of a playbook.
 */
export function takesClientsAnswer(
  rules: Policy,
  plan: Pick<Plan, 'risk' | 'changes' | 'gate' | 'from'>,
): boolean {
  const risk = plan.risk.level;
  return (
    whyAsked(plan) === undefined &&
    plan.gate === undefined &&
    plan.from === undefined &&
    rules.elicitation &&
    risk !== 'high' &&
    rules.approvers[risk] === undefined &&
    !rules.approvers.fourEyes
  );
}

function checkUnsigned(
  source: 'sandbox' | 'unauthenticated-client' | 'policy',
  at: { plan: Plan; environment: Environment },
): void {
  const { plan, environment } = at;
  const allowed =
    source === 'sandbox'
      ? environment.autoApprover !== undefined && environment.view.kind === 'sandbox'
      : source === 'unauthenticated-client' && takesClientsAnswer(environment.rules, plan);
  if (!allowed)
    throw new VigieError('NOT_AN_APPROVER', `${plan.environment} takes no unsigned answer for ${plan.id}.`, {
      hint: trusted`A person decides with: vigie approve ${plan.id}`,
    });
}
