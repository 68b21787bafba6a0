import { textOf } from '../../../core/json.ts';
import type { PlaybookAction } from '../../../core/playbook.ts';
import { attemptCall } from '../attempt-call.ts';
import { dataOf } from '../call-outcome.ts';
import { failureOf } from '../failure-of.ts';
import { readUntil } from '../read-until.ts';
import { nextAttemptAt } from '../retry.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';
import type { StepEnd } from '../step-end.ts';

/** One call with what surrounds it: attempts, the read that proves it, and what takes it back. */
export async function goOnWithAction(
  run: RunContext,
  {
    action,
    path,
    scope,
    id,
  }: { action: PlaybookAction; path: string; scope: Scope; id?: string | undefined },
): Promise<StepEnd> {
  const proof = `${path}/verify`;
  const doubted = run.records.last(proof);
  let from = 1;
  if (doubted?.state === 'failed') {
    const failure = failureOf(doubted);
    const at = nextAttemptAt(action.retry, { failure, attempt: doubted.attempt, at: doubted.at });
    noteStanding(run, { action, path, scope, id });
    if (at === undefined) return { end: 'failed', failure };
    if (at > run.around.now()) return { end: 'waiting', waits: [{ path, kind: 'timer', until: at }] };
    from = doubted.attempt + 1;
  }
  const end = await attemptCall(run, { path, action, scope, from });
  noteStanding(run, { action, path, scope, id });
  const made = run.records.last(path);
  if (end.end !== 'done' || action.verify === undefined || made === undefined) return end;
  const { attempt } = made;
  const proven = await readUntil(run, { path: proof, attempt, check: action.verify, scope, since: made.at });
  if (proven.end === 'done') return end;
  if (proven.end !== 'failed') return proven;
  await run.failed(proof, { attempt, failure: proven.failure });
  return goOnWithAction(run, { action, path, scope, id });
}

/** What stands of each attempt at it, so that it can be taken back. */
function noteStanding(
  run: RunContext,
  {
    action,
    path,
    scope,
    id,
  }: { action: PlaybookAction; path: string; scope: Scope; id?: string | undefined },
): void {
  for (const { attempt, at, state, output = null, error } of run.records.all(path)) {
    const change = textOf(state === 'done' ? output : error, 'change');
    if (state === 'intent' || change === '') continue;
    const seen = scope.within();
    seen.learn(id, { ok: state === 'done', output: dataOf({ end: 'done', output }) });
    run.stands({ path, attempt, at, change, undo: action.undo, scope: seen });
  }
}
