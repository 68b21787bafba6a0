import type { RunView, StepRecord } from '../../core/journal.ts';
import { isObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { interruptedStatus } from '../exit-status.ts';
import type { RunsDoor } from '../program.ts';
import { Progress } from '../progress.ts';
import type { Session } from '../session.ts';
import { shownPath, stepLine } from './step-line.ts';

/** How often what was recorded is looked at; a person reads no faster. */
const lookMs = 200;
const sayingChars = 300;

/** Goes on with one run and those that it calls, until it has ended or Ctrl-C; says what becomes of each step. */
export async function follow(session: Session, { id, runs }: { id: string; runs: RunsDoor }): Promise<void> {
  const { terminal } = session;
  const progress = new Progress(terminal, 'lines');
  const over = new AbortController();
  const told = new Set<string>();
  let fault: unknown;
  terminal.note(`Run ${id}`);
  const working = runs
    .work({
      // It and what it calls, side by side.
      most: 10,
      only: id,
      signal: AbortSignal.any([session.signal, over.signal]),
      said: ({ run, path, text }) => {
        const whose = run === id ? '' : `${run} `;
        // What failed stands in the line of its step.
        if (!text.startsWith('failed: ')) progress.say(`${whose}${shownPath(path)} ${text}`);
      },
      failed: (_run, error) => {
        fault = error;
        over.abort();
      },
    })
    .catch((error: unknown) => {
      fault = error;
      over.abort();
    });
  try {
    for (;;) {
      const view = await runs.journal.get(id);
      if (view === undefined) throw new Error(`the run ${id} is gone`);
      for (const step of view.steps) await tell(session, { step, told, progress });
      if (view.endedAt !== undefined) return await tellEnd(session, view);
      if (session.signal.aborted || over.signal.aborted || view.status === 'paused') {
        over.abort();
        await working;
        progress.end();
        if (fault !== undefined) throw fault;
        tellLeft(session, await runs.journal.get(id));
        return;
      }
      await pause(lookMs, AbortSignal.any([session.signal, over.signal]));
    }
  } finally {
    progress.end();
    over.abort();
    await working;
  }
}

async function tell(
  { terminal }: Session,
  { step, told, progress }: { step: StepRecord; told: Set<string>; progress: Progress },
): Promise<void> {
  const key = `${step.path} ${step.attempt} ${step.state}`;
  const line = told.has(key) ? undefined : stepLine(step, terminal.colors);
  told.add(key);
  if (line === undefined) return;
  progress.end();
  await terminal.write(`${line}\n`);
}

async function tellEnd(session: Session, { id, status, output }: RunView): Promise<void> {
  const { terminal } = session;
  const failure = isObject(output) ? output['failure'] : undefined;
  const why = textOf(failure, 'message');
  const { green, red, yellow } = terminal.colors;
  const colour = status === 'done' ? green : status === 'failed' ? red : yellow;
  await terminal.write(`${colour(status)}${why === '' ? '' : `: ${cleanLine(why, sayingChars)}`}\n`);
  const problems = isObject(output) && Array.isArray(output['problems']) ? output['problems'] : [];
  for (const problem of problems)
    if (typeof problem === 'string')
      await terminal.write(`  ${red('left')}: ${cleanLine(problem, sayingChars)}\n`);
  if (status === 'failed')
    terminal.note(`See what each step answered: vigie runs logs ${id}; run again: vigie runs retry ${id}`);
  session.status = status === 'done' ? 0 : statusOfFailure(textOf(failure, 'code'));
}

function statusOfFailure(code: string): number {
  if (code === 'DENIED' || code === 'REJECTED') return 4;
  return code === 'PLAN_CHANGED' ? 3 : 1;
}

function tellLeft(session: Session, view: RunView | undefined): void {
  if (view === undefined) return;
  const { id, status } = view;
  const next = status === 'paused' ? `vigie runs resume ${id}` : 'vigie worker';
  session.terminal.note(
    `The run ${id} is left as it stands (${status}). Go on with it: ${next}; end it: vigie runs cancel ${id}`,
  );
  session.status = status === 'paused' ? 0 : interruptedStatus;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
