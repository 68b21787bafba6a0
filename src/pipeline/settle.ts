import type { ApprovalPayload, SignedApproval } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import { Redactor } from '../core/redaction.ts';
import type { CallResult } from '../core/result.ts';
import { cleanLine } from '../core/text.ts';
import { trusted } from '../core/trusted-text.ts';
import type { LocalEnd } from '../toolkit/local-end.ts';
import { auditFacts } from './audit-facts.ts';
import { auditNotes } from './audit-notes.ts';
import { textsOf } from './callers-words.ts';
import { closeUnexecuted, decidersBudgetBytes, executeTicket } from './execute-ticket.ts';
import { Exit } from './exit.ts';
import { refuseSeated } from './hold-gate.ts';
import { checkPerson, payloadFor } from './may-approve.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { readTicket, recheck } from './recheck.ts';
import { renderScreen } from './screen.ts';
import { addedAt, trustedApprovers } from './trusted-approvers.ts';
import type { AutoApprover, Vigie } from './vigie.ts';
import { asReadBy, personOf } from './visible-changes.ts';

/** What a person is shown before deciding, made from the sealed plan and from a fresh look at the cluster. */
export interface Review {
  plan: Plan;
  /** Facts first, never cut, names spelled out; the asker's words last and quoted. */
  screen: string;
  /** Exactly what the approval signs; its `approver` is the asking person. */
  payload: ApprovalPayload;
  /** High risk: the person must type this name before the passphrase is asked for. */
  typeToConfirm?: string;
}

// A first approver who added itself on this account a moment ago may be the agent: said for a week.
const freshApproverMs = 7 * 24 * 3_600_000;

/**
 * Opens a ticket for a decision: checks that it is open, that the person may decide it, and plans and previews again.
 * A ticket whose effect has changed is closed, and the result with the new diff comes back instead of a review.
 * @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, NOT_AN_APPROVER, WRONG_CLUSTER
 */
export async function reviewTicket(
  given: Vigie,
  ticket: {
    id: string;
    person: string;
    /** The OS user who decides; absent where it is not known. */
    login?: string;
    signal: AbortSignal;
  },
): Promise<{ review: Review } | { result: CallResult }> {
  const vigie = await given.inForce('change');
  const open = await readTicket(vigie, ticket.id);
  const { environment } = open;
  const store = await vigie.store();
  const paused = await store.changes.pausedUntil(ticket.person);
  if (paused !== undefined)
    throw new VigieError(
      'WRONG_PASSPHRASE',
      `Too many wrong passphrases for ${ticket.person}; the next try is possible at ${paused}.`,
      {
        hint: 'Another approver can decide meanwhile.',
        details: { attemptsLeft: 0 },
      },
    );
  await checkPerson(vigie, { person: ticket.person, plan: open.plan, environment });
  await refuseSeated(vigie, { plan: open.plan, person: ticket.person });
  await refuseUntrustedPlugin(vigie, { environment, to: 'execute' });
  const reach = await environment.change(ticket.signal);
  const exit = new Exit({ known: environment.known, budgetBytes: decidersBudgetBytes, log: vigie.log });
  const again = await recheck(vigie, { ...open, reach });
  if (again.still !== 'so') return { result: await closeUnexecuted(vigie, { ticket: open, again, exit }) };
  await checkPerson(vigie, { person: ticket.person, plan: again.plan, environment });
  const head = await store.audit.head();
  const first = again.plan.previews[0];
  return {
    review: {
      plan: again.plan,
      screen: await renderScreen(vigie, {
        plan: again.plan,
        reach,
        redactor: Redactor.forDecision(environment.known),
        notes: [
          ...(await auditNotes(vigie)),
          ...oneAccount(again.plan, ticket.login),
          ...(await freshApprovers(vigie)),
        ],
      }),
      payload: await payloadFor(vigie, {
        plan: open.plan,
        person: ticket.person,
        auditHead: head.hash,
      }),
      ...(again.plan.risk.level === 'high' && first !== undefined
        ? { typeToConfirm: first.target.name }
        : {}),
    },
  };
}

/** Verifies the approval, claims the ticket for this process, executes it and returns the outcome. Imported by desk/ alone. */
export async function settle(
  vigie: Vigie,
  decision: {
    id: string;
    by: SignedApproval | AutoApprover;
    /** The OS user at whose terminal it was signed; absent: nobody's. */
    login?: string;
    signal: AbortSignal;
    progress?(message: string): void;
    /** The files and ports of whoever decides; absent: another process is theirs. */
    local?: LocalEnd;
  },
): Promise<CallResult> {
  const approval =
    'signature' in decision.by ? decision.by : await unsignedBy(vigie, { id: decision.id, by: decision.by });
  return executeTicket(vigie, {
    id: decision.id,
    approval,
    ...(decision.login === undefined ? {} : { login: decision.login }),
    signal: decision.signal,
    progress: message => decision.progress?.(message),
    ...(decision.local === undefined ? {} : { local: decision.local }),
  });
}

/**
 * Closes an open ticket without executing it; needs no signature. That it cannot be asked for again for a while holds
 * for everybody only where somebody who may decide said no to another person's ticket: else an agent could block people
 * by asking first and rejecting it. `socket`: of a daemon, through which it came; absent: this process.
 * @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, NOT_AN_APPROVER at the agents' socket for another person's ticket
 */
export async function rejectTicket(
  vigie: Vigie,
  decision: { id: string; person: string; reason?: string; socket?: 'agent' | 'approver' },
): Promise<CallResult> {
  const { plan, environment, record } = await readTicket(vigie, decision.id);
  const own = personOf(vigie, plan.actor.onBehalfOf) === personOf(vigie, decision.person);
  if (decision.socket === 'agent' && !own)
    throw new VigieError(
      'NOT_AN_APPROVER',
      `Ticket ${plan.id} was asked for on behalf of another than ${decision.person}; at the agents' socket each rejects their own.`,
      { hint: trusted`Whoever reaches the approvers' socket can: vigie reject ${plan.id}` },
    );
  const decides = decision.socket === 'approver' || (await isApprover(vigie, decision.person));
  const store = await vigie.store();
  const exit = new Exit({ known: environment.known, budgetBytes: decidersBudgetBytes, log: vigie.log });
  // An agent reads it too: a mask in its own words would confirm a guess, and left they would stand here.
  const why =
    decision.reason === undefined || decision.socket === 'agent'
      ? undefined
      : exit.redactor.text(decision.reason);
  await store.changes.close({
    id: plan.id,
    from: 'waiting',
    to: 'rejected',
    ...(why === undefined ? {} : { evidence: [cleanLine(why, limits.reasonChars)] }),
    by: decision.person,
    coolsDown: decides && !own ? 'everybody' : 'asker',
    audit: {
      event: 'rejected',
      changeId: plan.id,
      environment: plan.environment,
      facts: await auditFacts(vigie, {
        actor: plan.actor,
        plan,
        more: {
          by: decision.person,
          ...(why === undefined ? {} : { reason: why }),
        },
      }),
    },
  });
  const [shown = record] = await asReadBy(vigie, [record], { reader: decision.person });
  const reason = decision.reason === undefined ? [] : [decision.reason];
  const summary = `${shown.summary}; rejected by ${decision.person}${decision.reason === undefined ? '' : `: ${decision.reason}`}`;
  return exit.leave({
    status: 'rejected',
    data: { status: 'rejected', id: plan.id, summary },
    text: `rejected: ${summary}`,
    // Its summary is of a record: what is masked in it is masked already.
    said: own ? [...(await textsOf(plan.input)), ...reason] : reason,
  });
}

/** False too where nobody can be told to be one: a no must be possible whatever became of the approvers. */
async function isApprover(vigie: Vigie, name: string): Promise<boolean> {
  try {
    const { list } = await trustedApprovers(vigie);
    return list.some(({ person }) => person === personOf(vigie, name));
  } catch (error) {
    if (error instanceof VigieError && ['BAD_SIGNATURE', 'INVALID_CONFIG'].includes(error.code)) return false;
    throw error;
  }
}

/** Counts a passphrase that did not open the approver's key: the fifth voids the ticket and pauses the approver. */
export async function countWrongPassphrase(
  vigie: Vigie,
  attempt: {
    id: string;
    person: string;
    /** The OS user who typed it: not the asker, and not always the person. */
    login: string;
  },
): Promise<{ attemptsLeft: number }> {
  const { plan } = await readTicket(vigie, attempt.id);
  const store = await vigie.store();
  const attemptsLeft = await store.changes.countWrongPassphrase({
    id: plan.id,
    approver: attempt.person,
    audit: {
      event: 'wrong_passphrase',
      changeId: plan.id,
      environment: plan.environment,
      facts: await auditFacts(vigie, {
        actor: plan.actor,
        more: { approver: attempt.person, by: attempt.login },
      }),
    },
  });
  return { attemptsLeft };
}

/** The sandbox's own answer: only the very object that its environment holds, never one that looks like it. */
async function unsignedBy(
  vigie: Vigie,
  at: { id: string; by: AutoApprover },
): Promise<{ unsigned: 'sandbox'; by: string }> {
  const { environment } = await readTicket(vigie, at.id);
  if (environment.autoApprover !== at.by)
    throw new VigieError(
      'NOT_AN_APPROVER',
      `Environment ${environment.view.name} does not answer by itself.`,
      {
        hint: trusted`A person decides with: vigie approve ${at.id}`,
      },
    );
  return { unsigned: 'sandbox', by: at.by.world };
}

/** Who has one account has both sides of the decision, but for the passphrase. Over HTTP nobody's account is known. */
function oneAccount({ actor }: Plan, login: string | undefined): string[] {
  if (login === undefined || actor.onBehalfOf !== login || actor.via === 'mcp-http') return [];
  return [`asked for and approved from one OS account, ${login}`];
}

async function freshApprovers(vigie: Vigie): Promise<string[]> {
  const now = vigie.now().getTime();
  const { list } = await trustedApprovers(vigie);
  const dated = await Promise.all(
    list.map(async approver => ({ approver, at: await addedAt(vigie, approver) })),
  );
  return dated
    .filter(({ at }) => now - Date.parse(at) < freshApproverMs)
    .map(({ approver, at }) => `approver ${approver.person} was added at ${at} from ${approver.via}`);
}
