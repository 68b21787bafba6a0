import { type Approval, deciderOf } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { Preview } from '../core/preview.ts';
import type { CallResult } from '../core/result.ts';
import { trusted } from '../core/trusted-text.ts';
import type { AuditEntry } from '../store/audit-row.ts';
import type { LocalEnd } from '../toolkit/local-end.ts';
import { auditFacts } from './audit-facts.ts';
import { budgetHolder } from './budget-of.ts';
import { renderDiff, summarize } from './diff.ts';
import { execute } from './execute.ts';
import { Exit } from './exit.ts';
import { holdGate } from './hold-gate.ts';
import { checkApproval } from './may-approve.ts';
import { outcomeResult } from './outcome-result.ts';
import { ownName } from './owner.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { toldOf } from './previews-for-asker.ts';
import { type OpenTicket, type Recheck, readTicket, recheck } from './recheck.ts';
import { recoverOnce } from './recover.ts';
import { newestEntry, trustedApprovers } from './trusted-approvers.ts';
import type { Vigie } from './vigie.ts';

// Whoever decides sees everything; only the sealed plan itself bounds it.
export const decidersBudgetBytes = 16 * 1024 * 1024;

/** Checks an approval, asks the cluster once more, claims the ticket for this process alone and executes it; a gate is held for its run. */
export async function executeTicket(
  given: Vigie,
  at: {
    id: string;
    approval: Approval;
    /** The OS user who brought the approval, for the audit; absent: not known. */
    login?: string;
    /** The texts of whoever asked for it, where they are the one who is answered; absent: somebody else is. */
    said?: readonly string[];
    signal: AbortSignal;
    progress(message: string): void;
    local?: LocalEnd;
  },
): Promise<CallResult> {
  const vigie = await given.inForce('change');
  await recoverOnce(vigie, at.signal);
  const ticket = await readTicket(vigie, at.id);
  const { environment } = ticket;
  const exit = new Exit({ known: environment.known, budgetBytes: decidersBudgetBytes, log: vigie.log });
  await checkApproval(vigie, { approval: at.approval, plan: ticket.plan, environment });
  await refuseUntrustedPlugin(vigie, { environment, to: 'execute' });
  // Writes are not cut short: the caller's signal stops before the next one.
  const reach = await environment.change(new AbortController().signal);
  const again = await recheck(vigie, { ...ticket, reach });
  if (again.still !== 'so') return closeUnexecuted(vigie, { ticket, again, exit, said: at.said ?? [] });
  // The approval is checked where it counts: after the last question to the cluster, before the first record of a write.
  await checkApproval(vigie, { approval: at.approval, plan: again.plan, environment });
  const approved: AuditEntry = {
    event: 'approved',
    changeId: ticket.plan.id,
    environment: ticket.plan.environment,
    facts: await auditFacts(vigie, {
      actor: again.plan.actor,
      plan: again.plan,
      reach,
      more: {
        approver: deciderOf(at.approval),
        ...(at.login === undefined ? {} : { by: at.login }),
        approval: approvalFacts(at.approval),
        ...('unsigned' in at.approval ? {} : newestEntry(await trustedApprovers(vigie))),
      },
    }),
  };
  const { gate } = again.plan;
  if (gate !== undefined)
    return holdGate(vigie, { plan: again.plan, gate, approval: at.approval, approved, exit });
  const store = await vigie.store();
  const claimed = await store.changes.claim({
    id: ticket.plan.id,
    owner: ownName,
    leaseMs: limits.leaseMs,
    approval: at.approval,
    audit: approved,
  });
  if (claimed === undefined)
    throw new VigieError(
      'TICKET_CLOSED',
      `Ticket ${ticket.plan.id} was decided by another process in this moment.`,
      {
        hint: trusted`vigie changes get ${ticket.plan.id} --wait-seconds 60`,
      },
    );
  const redactor = exit.redactor.leaving(at.said ?? []);
  const execution = await execute(vigie, {
    plan: again.plan,
    environment,
    reach,
    epoch: claimed.epoch,
    signal: at.signal,
    progress: message => at.progress(exit.line(message, redactor)),
    ...(at.local === undefined ? {} : { local: at.local }),
  });
  return outcomeResult({ plan: again.plan, execution, reach, said: at.said ?? [] }, exit);
}

/** Closes a ticket that may no longer be executed, and says why, with the diff as it would be now. */
export async function closeUnexecuted(
  vigie: Vigie,
  at: {
    ticket: OpenTicket;
    again: Exclude<Recheck, { still: 'so' }>;
    exit: Exit;
    /** The asker's texts, where the answer goes to them; absent: it goes to whoever decides, who sees all. */
    said?: readonly string[];
  },
): Promise<CallResult> {
  const { ticket, again, exit, said = [] } = at;
  const redactor = exit.redactor.leaving(said);
  const shownOf = (previews: readonly Preview[]) => (said.length === 0 ? previews : toldOf(previews));
  const { plan } = ticket;
  const store = await vigie.store();
  if (again.still === 'denied') {
    await store.audit.countDenial({
      environment: plan.environment,
      person: budgetHolder(vigie, plan.actor.onBehalfOf),
      rule: again.denial.rule,
      changeId: plan.id,
      facts: await auditFacts(vigie, { actor: plan.actor, plan }),
    });
    const summary = `${summarize(shownOf(plan.previews), redactor)}: ${again.denial.why}`;
    return exit.leave({
      status: 'denied',
      data: { status: 'denied', id: plan.id, summary, rule: again.denial.rule },
      text: `denied by ${again.denial.rule}: ${summary}\nThe ticket stays open.`,
      said,
    });
  }
  await store.changes.close({
    id: plan.id,
    from: 'waiting',
    to: 'plan_changed',
    audit: {
      event: 'plan_changed',
      changeId: plan.id,
      environment: plan.environment,
      facts: await auditFacts(vigie, { actor: plan.actor, plan }),
    },
  });
  const diff = again.previews.length === 0 ? '' : await renderDiff(shownOf(again.previews), redactor);
  const summary = `Ticket ${plan.id} is closed: ${again.why}`;
  return exit.leave({
    status: 'plan_changed',
    data: { status: 'plan_changed', id: plan.id, summary, diff },
    steps: { next: trusted`ask for the change again` },
    text: `plan_changed: ${summary}\nNothing was changed. Ask for the change again; it would now be:\n${diff}`,
    said,
  });
}

/** The approval as the audit keeps it: whoever has the approvers file can check it again. */
function approvalFacts(approval: Approval): JsonObject {
  if ('unsigned' in approval) return { ...approval };
  const { payload, signature, publicKey } = approval;
  return { payload: { ...payload }, signature, publicKey };
}
