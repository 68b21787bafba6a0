import { worthFor } from '../core/assurance.ts';
import type { Decision } from '../core/decision.ts';
import type { KnownSecrets } from '../core/known-secrets.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import { Redactor } from '../core/redaction.ts';
import type { CallResult } from '../core/result.ts';
import { cutText } from '../core/text.ts';
import { joined, type Trusted, trusted } from '../core/trusted-text.ts';
import type { Within } from '../store/budget.ts';
import type { OwnWords } from '../store/own-words.ts';
import { auditFacts } from './audit-facts.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { renderDiff, summarize } from './diff.ts';
import type { Exit } from './exit.ts';
import { toldOf } from './previews-for-asker.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

// A model needs to see what it asked for; the approver is shown everything, from the sealed plan.
const shownDiffChars = 8_000;

/**
 * Stores the plan as a ticket that waits for a person; an open ticket of the same digest is that ticket. `instead`: the
 * budget has no room for it, and nothing was stored.
 */
export async function ask(
  vigie: Vigie,
  asked: {
    plan: Plan;
    decision: Decision;
    within: Within;
    environment: Environment;
    reach: ChangingReach;
    call: Call;
    exit: Exit;
  },
): Promise<(CallResult & { ticket: string }) | { instead: Decision }> {
  const { plan, decision, within, environment, reach, exit } = asked;
  const { expiresAt } = plan;
  const store = await vigie.store();
  const said = await textsOf(asked.call.input);
  const shownPlan = await forRecord(plan, {
    known: environment.known,
    redactor: exit.redactor.leaving(said),
  });
  const { diff, summary } = shownPlan.own;
  const proposed = await store.changes.propose({
    ...shownPlan,
    state: 'waiting',
    expiresAt,
    within,
    audit: {
      event: 'ticketed',
      changeId: plan.id,
      environment: plan.environment,
      facts: await auditFacts(vigie, {
        actor: plan.actor,
        plan,
        reach,
        more: { rule: decision.rule, expiresAt },
      }),
    },
  });
  if ('instead' in proposed) return proposed;
  const { record, existing } = proposed;
  const head = await store.audit.head();
  const shown =
    diff.length <= shownDiffChars ? diff : `${diff.slice(0, shownDiffChars)}\n… the approver sees all of it`;
  const warnings = warningsOf(plan, reach);
  const approveWith = trusted`vigie approve ${record.id}`;
  const lines = [
    `approval_required: ${summary}`,
    // Where the risk alone would not have asked.
    ...(decision.rule === `policy.${plan.risk.level}` ? [] : [`Asked by ${decision.rule}: ${decision.why}.`]),
    `Ticket ${record.id}${existing ? ' (already open for the same change)' : ''}, ${plan.risk.level} risk: ${plan.risk.reasons.join('; ')}.`,
    ...warnings.map(warning => `Warning: ${warning}`),
    `A person decides with: ${approveWith} (until ${record.expiresAt ?? expiresAt}; approvals here are ${worthFor(vigie.worth, plan.actor).assurance}).`,
    '',
    shown,
  ];
  const result = exit.leave({
    status: 'approval_required',
    data: {
      status: 'approval_required',
      id: record.id,
      ticket: record.id,
      summary,
      diff: shown,
      risk: plan.risk.level,
      warnings,
      expiresAt: record.expiresAt ?? expiresAt,
      rule: decision.rule,
      auditHead: head.hash,
    },
    steps: {
      approveWith,
      undo: undoText(plan),
      next: trusted`changes_get {"id":"${record.id}","waitSeconds":60} tells the outcome`,
    },
    text: lines.join('\n'),
    said,
  });
  return { ...result, ticket: record.id };
}

/**
 * A plan as it is recorded: what people are shown of it is masked, the asker's own words too. `own` is what the asker is
 * shown, by the redactor of their answer. The record has one of its own: were what it masks counted in the answer's
 * placeholders, their numbers would tell of it.
 */
export async function forRecord(
  plan: Plan,
  { known, redactor }: { known: KnownSecrets; redactor: Redactor },
): Promise<{ plan: Plan; record: { summary: string; diff: string; undo: string }; own: OwnWords }> {
  const masked = new Redactor(known);
  const { reason } = plan;
  return {
    plan: reason === undefined ? plan : { ...plan, reason: masked.text(reason) },
    record: { ...(await shownOf(plan, masked)), undo: undoText(plan) },
    own: {
      ...(await shownOf(plan, redactor)),
      ...(reason === undefined ? {} : { reason: redactor.text(reason) }),
    },
  };
}

async function shownOf({ previews }: Plan, redactor: Redactor): Promise<{ summary: string; diff: string }> {
  const told = toldOf(previews);
  return {
    summary: redactor.text(summarize(told, redactor)),
    diff: kept(await renderDiff(told, redactor)),
  };
}

/** Masked before it is cut: half of a secret would be known to nobody. */
function kept(diff: string): string {
  const most = cutText(diff, limits.keptDiffChars);
  return most === diff ? diff : `${most}\n… ${diff.length - most.length} more characters are not kept`;
}

/** `possible`, or why the plan has no way back. */
export function undoText(plan: Plan): Trusted {
  const whys = plan.previews.flatMap(({ undo }) => (undo.possible ? [] : [undo.why]));
  return whys.length === 0 ? trusted`possible` : joined([...new Set(whys)], '; ');
}

/** Everything that a person should know beside the diff. */
export function warningsOf(plan: Plan, reach: ChangingReach): string[] {
  return [...new Set([...plan.previews.flatMap(preview => preview.warnings), ...reach.warnings()])];
}
