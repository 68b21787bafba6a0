import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';
import { type RunSummary, type RunView, ticketKey } from '../core/journal.ts';
import { answerBySandbox, refuseBySandbox } from '../desk/sandbox-answer.ts';
import { goOnWithRun } from '../engine/interpreter/go-on-with-run.ts';
import type { Surroundings } from '../engine/interpreter/run-context.ts';
import type { Evaluator } from '../engine/language/expressions/evaluator.ts';
import type { PlayOrder } from '../engine/play-order.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Nobody else could take a run over, and its clock jumps by hours. */
const leaseMs = 365 * 86_400_000;
/** It and those that it calls, side by side. */
const mostAtOnce = 20;
/** More runs than one playbook can call. */
const mostRuns = 1_000;
/** Of taking a run, and of waiting for what comes by itself: each passes at least the time until something happens. */
const mostRounds = 100_000;
/** As much time passes where nothing says until when. */
const breathMs = 1_000;
/** Whoever watches the wire of the simulated cluster hears of what has happened. */
const realBreathMs = 2;

/** What going on with a run by itself takes. */
interface Stage {
  around: Surroundings;
  vigie: Vigie;
  evaluator: Evaluator;
  time: VirtualTime;
  approvals: NonNullable<PlayOrder['approvals']>;
  signal: AbortSignal;
}

/** Goes on with one run and those that it calls until it has ended. @throws VigieError CANCELLED, SANDBOX */
export async function playToEnd(
  id: string,
  stage: Stage,
): Promise<{ run: RunView; called: RunView[]; assumed: string[] }> {
  const { around, evaluator, signal } = stage;
  const { journal } = around;
  const assumed: string[] = [];
  for (let round = 0; round < mostRounds; round += 1) {
    if (signal.aborted) throw new VigieError('CANCELLED', 'The play was stopped; nothing of it is left.');
    const claimed = await journal.claim('play', { max: mostAtOnce, leaseMs, only: id });
    await Promise.all(
      claimed.map(each => goOnWithRun(each, { around, evaluator, signal, begun: () => undefined })),
    );
    if (claimed.length > 0) continue;
    const run = await journal.get(id);
    if (run === undefined) throw new Error(`the run ${id} is gone`);
    const all = await journal.list({ max: mostRuns });
    if (run.endedAt !== undefined) {
      const others = all.filter(each => each.id !== id).map(each => journal.get(each.id));
      return { run, called: (await Promise.all(others)).filter(each => each !== undefined), assumed };
    }
    const open = all.filter(each => each.endedAt === undefined);
    if (!(await answerTickets(open, { ...stage, assumed }))) await passTime(open, stage);
  }
  throw new VigieError('SANDBOX', 'The playbook comes to no end in its sandbox.');
}

/** Answers what waits for a person. False: nothing did. */
async function answerTickets(
  open: readonly RunSummary[],
  { vigie, around, signal, assumed, approvals }: Stage & { assumed: string[] },
): Promise<boolean> {
  const prefix = ticketKey('');
  let answered = false;
  for (const { id: run, waits } of open)
    for (const wait of waits) {
      if (wait.kind !== 'message' || !wait.key.startsWith(prefix)) continue;
      const ticket = wait.key.slice(prefix.length);
      if (assumed.includes(ticket)) continue;
      assumed.push(ticket);
      answered = true;
      const answer =
        typeof approvals === 'string'
          ? approvals
          : await approvals(await (await vigie.store()).changes.get(ticket));
      if (answer === 'refused') await refuseBySandbox(vigie, ticket);
      else await answerBySandbox(vigie, { id: ticket, signal, progress: () => undefined });
      // Told here, for nobody waits until those hear of it who are told by the way of a ticket.
      await around.journal.send({ run, key: wait.key, id: ticket, payload: { state: 'answered' } });
    }
  return answered;
}

/** Moves the clock to where the first wait ends. */
async function passTime(open: readonly RunSummary[], { time }: Stage): Promise<void> {
  const ends = open.flatMap(({ waits }) =>
    waits.flatMap(wait => ('until' in wait && wait.until !== undefined ? [wait.until] : [])),
  );
  const isHeld = open.some(({ waits }) => waits.some(({ kind }) => kind === 'slot'));
  const next = isHeld ? breathMs : Math.min(...ends) - time.nowMs();
  await time.advance(Number.isFinite(next) ? Math.max(1, next) : breathMs);
  await sleep(realBreathMs);
}
