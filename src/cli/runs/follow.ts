import type { RunView } from '../../core/journal.ts';
import { isObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { definitionOf } from '../../engine/interpreter/definition-of.ts';
import { pauseFor } from '../../engine/triggers/pause-for.ts';
import { interruptedStatus } from '../exit-status.ts';
import type { RunsDoor } from '../program.ts';
import type { Session } from '../session.ts';
import { leftLines } from './left-lines.ts';
import { reportLines } from './report-lines.ts';
import { asLines, asTree, type ShownRun } from './shown-run.ts';

/** How often what was recorded is looked at; a person reads no faster. */
const lookMs = 200;
const sayingChars = 300;

/**
 * Goes on with one run and those that it calls, until it has ended or Ctrl-C; shows what becomes of each step: as a tree
 * that is drawn over where a person looks, else a line each.
 */
export async function follow(session: Session, { id, runs }: { id: string; runs: RunsDoor }): Promise<void> {
  const { terminal } = session;
  const over = new AbortController();
  const shown = await shownFor(session, { id, runs });
  let fault: unknown;
  terminal.note(`Run ${id}`);
  const working = runs
    .work({
      // It and what it calls, side by side.
      most: 10,
      only: id,
      signal: AbortSignal.any([session.signal, over.signal]),
      said: said => shown.say(said),
      failed: (_run, error) => {
        fault = error;
        over.abort();
      },
    })
    .catch((error: unknown) => {
      fault = error;
      over.abort();
    });
  let view: RunView | undefined;
  try {
    for (;;) {
      view = await runs.journal.get(id);
      if (view === undefined) throw new Error(`the run ${id} is gone`);
      await shown.look(view);
      if (view.endedAt !== undefined || view.status === 'paused') break;
      if (session.signal.aborted || over.signal.aborted) break;
      await pauseFor(lookMs, AbortSignal.any([session.signal, over.signal]));
    }
  } finally {
    over.abort();
    await working;
    await shown.end(view);
  }
  if (view.endedAt !== undefined) return tellEnd(session, view);
  if (fault !== undefined) throw fault;
  tellLeft(session, await runs.journal.get(id));
}

/** A tree where a person looks; a file gets a line for each step. */
async function shownFor(
  { terminal }: Session,
  { id, runs }: { id: string; runs: RunsDoor },
): Promise<ShownRun> {
  if (!terminal.notesCanMove || !terminal.outputIsTerminal) return asLines(terminal, id);
  const { digest = '' } = (await runs.journal.get(id)) ?? {};
  const playbook = await definitionOf(runs.journal, digest);
  return playbook === undefined ? asLines(terminal, id) : asTree(terminal, playbook);
}

async function tellEnd(session: Session, { id, status, output }: RunView): Promise<void> {
  const { terminal } = session;
  const failure = isObject(output) ? output['failure'] : undefined;
  const why = textOf(failure, 'message');
  const { green, red, yellow } = terminal.colors;
  const colour = status === 'done' ? green : status === 'failed' ? red : yellow;
  await terminal.write(`${colour(status)}${why === '' ? '' : `: ${cleanLine(why, sayingChars)}`}\n`);
  for (const line of leftLines(output, terminal.colors)) await terminal.write(`${line}\n`);
  for (const line of reportLines(output)) await terminal.write(`${line}\n`);
  const exit = status === 'done' ? 0 : statusOfFailure(textOf(failure, 'code'));
  // Who was refused is not helped by asking the same again.
  const again = exit === 4 ? '' : `; run again with the same inputs: vigie runs retry ${id}`;
  if (status === 'failed') terminal.note(`See what each step answered: vigie runs logs ${id}${again}`);
  session.status = exit;
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
  // Whoever paused it elsewhere: for a script it is not done either.
  session.status = interruptedStatus;
}
