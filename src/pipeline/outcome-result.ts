import type { Plan } from '../core/plan.ts';
import type { CallResult, CallStatus } from '../core/result.ts';
import { undoText, warningsOf } from './ask.ts';
import { summarize } from './diff.ts';
import type { Execution } from './execute.ts';
import type { Exit } from './exit.ts';
import { toldOf } from './told.ts';
import type { ChangingReach } from './vigie.ts';

/** What every door says of an executed plan: what happened, what was seen, how to take it back, the head to keep. */
export function outcomeResult(
  executed: { plan: Plan; execution: Execution; reach: ChangingReach },
  exit: Exit,
): CallResult {
  const { plan, execution } = executed;
  const status = statusOf(execution.state);
  const summary = summarize(toldOf(plan.previews), exit.redactor);
  const stands = execution.state === 'done' || execution.state === 'unverified';
  const undo = undoText(plan) === 'possible' ? `vigie undo ${plan.id}` : `none: ${undoText(plan)}`;
  const next = stands ? undefined : `vigie changes get ${plan.id}`;
  const warnings = warningsOf(plan, executed.reach);
  const word = execution.state === 'returned' ? 'failed and was taken back' : execution.state;
  return exit.leave({
    status,
    data: {
      status,
      id: plan.id,
      summary,
      risk: plan.risk.level,
      evidence: execution.evidence,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(stands ? { undo } : {}),
      ...(next === undefined ? {} : { next }),
      auditHead: execution.auditHead,
    },
    text: [
      `${word}: ${summary}`,
      ...execution.evidence.map(line => `  ${line}`),
      ...warnings.map(warning => `Warning: ${warning}`),
      ...(stands ? [`Undo: ${undo}`] : [`Change ${plan.id}; see: ${next ?? ''}`]),
      `Audit head: ${execution.auditHead}`,
    ].join('\n'),
  });
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
