import type { Plan } from '../core/plan.ts';
import type { CallResult, CallStatus } from '../core/result.ts';
import { joined, type Trusted, trusted } from '../core/trusted-text.ts';
import { undoText, warningsOf } from './ask.ts';
import { kindOf } from './changes/index.ts';
import { summarize } from './diff.ts';
import type { Execution } from './execute.ts';
import type { Exit } from './exit.ts';
import { toldOf } from './previews-for-asker.ts';
import type { ChangingReach } from './vigie.ts';

/**
 * What every door says of an executed plan: what happened, what was seen, how to take it back, the head to keep. `said`:
 * the texts of whoever asked for it, where the answer goes to them; else nothing is left of them.
 */
export function outcomeResult(
  executed: { plan: Plan; execution: Execution; reach: ChangingReach; said?: readonly string[] },
  exit: Exit,
): CallResult {
  const { plan, execution, said = [] } = executed;
  const evidence = said.length === 0 ? execution.evidence : execution.ownEvidence;
  const redactor = exit.redactor.leaving(said);
  const status = statusOf(execution.state);
  const summary = summarize(toldOf(plan.previews), redactor);
  const stands = execution.state === 'done' || execution.state === 'unverified';
  const way = undoText(plan);
  const undo = way === 'possible' ? trusted`vigie undo ${plan.id}` : joined([trusted`none`, way], ': ');
  const next = nextOf(plan, execution.state);
  const warnings = warningsOf(plan, executed.reach);
  const word = execution.state === 'returned' ? 'failed and was taken back' : execution.state;
  return exit.leave({
    status,
    data: {
      status,
      id: plan.id,
      summary,
      risk: plan.risk.level,
      evidence,
      ...(warnings.length === 0 ? {} : { warnings }),
      auditHead: execution.auditHead,
    },
    steps: { ...(stands ? { undo } : {}), ...(next === undefined ? {} : { next }) },
    text: [
      `${word}: ${summary}`,
      // What a program printed stands apart, so that no line of it passes for one of ours.
      ...evidence.map(line => `  ${line.replaceAll('\n', '\n  | ')}`),
      ...warnings.map(warning => `Warning: ${warning}`),
      ...(stands ? [`Undo: ${undo}`] : []),
      ...(next === undefined ? [] : [`${stands ? 'Next' : `Change ${plan.id}; see`}: ${next}`]),
      `Audit head: ${execution.auditHead}`,
    ].join('\n'),
    said,
  });
}

/** After a plan that did not stand: where to look; and how to go on, where its kinds of change have a way. */
function nextOf(plan: Plan, state: Execution['state']): Trusted | undefined {
  if (state === 'done') return undefined;
  const last = plan.changes.findLast(change => kindOf(change).stands !== undefined);
  const onward = last === undefined ? undefined : kindOf(last).stands?.next(last, plan);
  if (state === 'unverified') return onward;
  const look = trusted`vigie changes get ${plan.id}`;
  // What was taken back left nothing to go on from.
  return onward === undefined || state === 'returned' ? look : joined([look, onward], '; ');
}

function statusOf(state: Execution['state']): CallStatus {
  switch (state) {
    case 'done':
      return 'done';
    case 'unverified':
      return 'unverified';
    case 'failed':
    case 'returned':
    case 'interrupted':
      return 'failed';
  }
}
