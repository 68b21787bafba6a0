import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '../../../core/journal.ts';
import type { Playbook } from '../../../core/playbook.ts';
import { runTree } from '../../../engine/interpreter/run-tree.ts';
import { shownStep } from '../../../engine/interpreter/said-of-step.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { type OpenTicket, openTicketsOf } from './open-tickets.ts';
import { leavesOf } from './steps-of.ts';

/** How often it is looked; a model reads no faster. */
const lookMs = 500;
/** Each look reads the whole run, which may be megabytes: it takes no more than a tenth of the time. */
const lookShare = 10;

/** A run as it was seen last. */
export interface SeenRun {
  view: RunView;
  /** Undefined: its definition cannot be read. */
  playbook: Playbook | undefined;
  /** What people have to decide. */
  asked: OpenTicket[];
}

/** Waits until a run has ended, is held or asks a person, or the time is over; says meanwhile how far it is. */
export async function waitForRun(
  { run, waitMs }: { run: string; waitMs: number },
  context: ToolContext,
): Promise<SeenRun> {
  const { playbooks, signal } = context;
  const until = performance.now() + waitMs;
  let began = performance.now();
  let view = await playbooks.run(run);
  const playbook = await playbooks.definitionOf(view);
  let told = '';
  for (;;) {
    const asked = await openTicketsOf(view, context);
    const left = until - performance.now();
    const isOver = view.endedAt !== undefined || view.status === 'paused' || asked.length > 0;
    if (isOver || left <= 0) return { view, playbook, asked };
    const now = progressOf(view, playbook);
    if (now !== told) context.progress(now);
    told = now;
    const tookMs = performance.now() - began;
    await sleep(Math.min(Math.max(lookMs, tookMs * lookShare), left), undefined, { signal });
    began = performance.now();
    view = await playbooks.run(run);
  }
}

function progressOf(view: RunView, playbook: Playbook | undefined): string {
  if (playbook === undefined) return `${view.id} ${view.status}`;
  const leaves = leavesOf(runTree(playbook, view));
  const over = leaves.filter(({ state }) => state !== 'later' && state !== 'going' && state !== 'waiting');
  const at = leaves.find(({ state }) => state === 'going' || state === 'waiting');
  return `${view.id} ${view.status}: ${over.length} of ${leaves.length} steps${at === undefined ? '' : `, at ${shownStep(at.path)}`}`;
}
