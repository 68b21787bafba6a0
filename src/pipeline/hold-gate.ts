import type { Approval } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { Gate } from '../core/gate.ts';
import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import { trusted } from '../core/trusted-text.ts';
import type { AuditEntry } from '../store/audit-row.ts';
import { auditFacts } from './audit-facts.ts';
import { summarize } from './diff.ts';
import type { Exit } from './exit.ts';
import type { Vigie } from './vigie.ts';

/** Settles a gate: nothing is sent, and its run may make use of it from now on. @throws VigieError NOT_AN_APPROVER, TICKET_CLOSED */
export async function holdGate(
  vigie: Vigie,
  at: { plan: Plan; gate: Gate; approval: Approval; approved: AuditEntry; exit: Exit },
): Promise<CallResult> {
  const { plan, gate, approval, approved, exit } = at;
  const { run, path, seat, seats } = gate;
  const store = await vigie.store();
  const until = new Date(vigie.now().getTime() + gate.holdsSeconds * 1000);
  const held: AuditEntry = {
    event: 'held',
    changeId: plan.id,
    environment: plan.environment,
    facts: await auditFacts(vigie, {
      actor: plan.actor,
      plan,
      more: { run, step: path, seat, seats, until: until.toISOString() },
    }),
  };
  const how = await store.gates.hold({ id: plan.id, approval, until, audit: [approved, held] });
  if (how === 'seated') throw seatTaken(plan);
  if (how === 'closed')
    throw new VigieError(
      'TICKET_CLOSED',
      `Ticket ${plan.id} was decided by another process in this moment.`,
      { hint: trusted`vigie changes get ${plan.id}` },
    );
  const { hash } = await store.audit.head();
  const summary = `${summarize(plan.previews, exit.redactor)}; approved for the run ${run}, nothing was sent`;
  const others = seats === 1 ? '' : ` It is one of ${seats} approvals that its step waits for.`;
  return exit.leave({
    status: 'done',
    data: { status: 'done', id: plan.id, summary, risk: plan.risk.level, auditHead: hash },
    steps: { next: trusted`vigie runs show ${run}` },
    text: [
      `done: ${summary}`,
      `The run may make these changes, and nothing else, until it ends, at the latest until ${until.toISOString()}.${others}`,
      `Next: vigie runs show ${run}`,
      `Audit head: ${hash}`,
    ].join('\n'),
  });
}

/** Several people must agree to one gate: each of them once. @throws VigieError NOT_AN_APPROVER */
export async function refuseSeated(
  vigie: Vigie,
  { plan, person }: { plan: Plan; person: string },
): Promise<void> {
  if (plan.gate === undefined) return;
  const { gates } = await vigie.store();
  if (await gates.isSeated({ id: plan.id, person })) throw seatTaken(plan);
}

function seatTaken({ gate }: Plan): VigieError {
  return new VigieError(
    'NOT_AN_APPROVER',
    `That person has agreed to it already, and it wants ${gate?.seats ?? 1} people.`,
    { hint: 'Another approver decides this one.' },
  );
}
