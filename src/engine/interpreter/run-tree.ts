import type { RunView, StepRecord, Wait } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import type { Playbook, Step } from '../../core/playbook.ts';
import { describeStep } from '../language/outline.ts';
import { isUnder } from './is-under.ts';
import { Records, resourcesOf, undoPath } from './records.ts';
import { nothingToDo, saidOfStep } from './said-of-step.ts';

/** later: not begun; idle: it ended well, and there was nothing to do; skipped: left out, or never reached; undone: what it did was taken back. */
export type StepState = 'later' | 'going' | 'waiting' | 'done' | 'idle' | 'failed' | 'skipped' | 'undone';

/** A step of a run, with what it holds. */
export interface RunTreeItem {
  path: string;
  /** Of the playbook's author: `raise: k8s_set`. */
  text: string;
  state: StepState;
  /** Of a failed one. */
  failure?: string;
  /** Who agreed at a gate; that there was nothing to do. */
  said?: string;
  /** The change that it made or asks for. */
  change?: string;
  /** The run that it called. */
  run?: string;
  /** What it waits for itself. */
  wait?: Wait;
  /** Above 1: it was tried again. */
  attempt: number;
  inner: RunTreeItem[];
}

type Seen = Pick<RunView, 'status' | 'endedAt' | 'steps' | 'waits'>;

/**
 * Where a run stands in its playbook. Only calls leave a record of their end; what else stands before a step that was
 * reached is over.
 */
export function runTree(playbook: Playbook, run: Seen): RunTreeItem[] {
  const look: Look = {
    run,
    records: new Records(run.steps),
    paths: [...run.steps.map(({ path }) => path), ...run.waits.map(({ path }) => path)],
  };
  const verdict = look.records.last('.steps');
  const well = verdict?.state === 'done' && textOf(verdict.output, 'end') !== 'cancelled';
  const items = itemsOf(look, { steps: playbook.steps, prefix: '', over: well });
  const sections = [
    { name: 'on failure', prefix: '.onFailure/', steps: playbook.onFailure.steps },
    { name: 'finally', prefix: '.finally/', steps: playbook.finally },
  ];
  for (const { name, prefix, steps } of sections) {
    const begun = look.paths.some(path => path.startsWith(prefix));
    if (steps.length === 0 || (!begun && prefix === '.onFailure/')) continue;
    const inner = itemsOf(look, { steps, prefix, over: run.endedAt !== undefined && begun });
    items.push({ path: prefix, text: name, state: stateAround(inner, { over: false }), attempt: 1, inner });
  }
  return items;
}

/** What is being taken back, and what could not be; what was taken back is said of its own step. Empty: nothing. */
export function undoTree(run: Seen): RunTreeItem[] {
  const records = new Records(run.steps);
  const look: Look = { run, records, paths: [] };
  const paths = [...run.steps, ...run.waits]
    .map(({ path }) => path)
    .filter(path => path.startsWith(undoPath));
  const inner = [...new Set(paths)].flatMap((path): RunTreeItem[] => {
    const recorded = records.last(path);
    if (recorded?.state === 'done') return [];
    const item = itemAt(look, { path, state: callState(look, { path, recorded, passed: false }) });
    return [{ ...item, text: path.slice(undoPath.length) }];
  });
  if (inner.length === 0) return [];
  return [{ path: undoPath, text: 'undo', state: stateAround(inner, { over: false }), attempt: 1, inner }];
}

interface Look {
  run: Seen;
  records: Records;
  /** Whatever was recorded or is waited at. */
  paths: readonly string[];
}

function itemsOf(
  look: Look,
  { steps, prefix, over }: { steps: readonly Step[]; prefix: string; over: boolean },
): RunTreeItem[] {
  const paths = steps.map((step, index) => `${prefix}${step.id ?? `#${index + 1}`}`);
  const reached = paths.findLastIndex(path => look.paths.some(each => isUnder(each, path)));
  return steps.map((step, index) => {
    const path = paths[index] ?? prefix;
    if (index > reached && !over) return itemAt(look, { path, step, state: restState(look) });
    return itemOf(look, { step, path, passed: over || index < reached });
  });
}

/** Of what has not begun. */
function restState({ run }: Look): StepState {
  return run.endedAt === undefined ? 'later' : 'skipped';
}

function itemOf(look: Look, at: { step: Step; path: string; passed: boolean }): RunTreeItem {
  const { step, path, passed } = at;
  const over = look.records.last(`${path}/over`);
  const inner = innerOf(look, at);
  const recorded = look.records.last(path);
  const calls = step.verb === 'tool' || step.verb === 'playbook' || step.verb === 'approval';
  const state = calls
    ? callState(look, { path, recorded, passed })
    : inner.length > 0
      ? stateAround(inner, { over: passed })
      : passed
        ? stateOfPassed(look, { step, path })
        : stateOfWait(look, path);
  const item = itemAt(look, { path, step, state: over?.state === 'failed' ? 'failed' : state, inner });
  const failure = textOf(over?.error, 'message');
  if (failure !== '') return { ...item, failure };
  return step.verb === 'foreach' && item.state === 'idle' ? { ...item, said: nothingToDo.text } : item;
}

function innerOf(look: Look, { step, path, passed }: { step: Step; path: string; passed: boolean }) {
  if (step.verb === 'parallel')
    return step.parallel.branches.map(({ id, steps }): RunTreeItem => {
      const inner = itemsOf(look, { steps, prefix: `${path}/${id}/`, over: passed });
      const state = stateAround(inner, { over: passed });
      return { path: `${path}/${id}`, text: id, state, attempt: 1, inner };
    });
  if (step.verb !== 'foreach') return [];
  const { each } = step;
  return countOf(look, path).map((index): RunTreeItem => {
    const at = `${path}[${index}]`;
    if ('action' in each) {
      const recorded = look.records.last(at);
      const item = itemAt(look, { path: at, state: callState(look, { path: at, recorded, passed: false }) });
      return { ...item, text: `[${index}] ${objectOf(recorded) ?? each.action.tool}` };
    }
    const inner = itemsOf(look, { steps: each.steps, prefix: `${at}/`, over: passed });
    return {
      path: at,
      text: `[${index}]`,
      state: stateAround(inner, { over: passed }),
      attempt: 1,
      inner,
    };
  });
}

/** `deployment/web` of what an attempt was about. */
function objectOf(recorded: StepRecord | undefined): string | undefined {
  const [first = '', ...others] = resourcesOf(recorded);
  const [, kind, name] = /^target:[^/]*\/([^/]+)\/([^/]+)/.exec(first) ?? [];
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return kind === undefined ? undefined : `${kind}/${name}${more}`;
}

/** The places of the items that were begun. */
function countOf({ paths }: Look, path: string): number[] {
  const found = paths.flatMap(each => {
    if (!each.startsWith(`${path}[`)) return [];
    const end = each.indexOf(']', path.length);
    return end < 0 ? [] : [Number(each.slice(path.length + 1, end))];
  });
  return [...new Set(found)].toSorted((a, b) => a - b);
}

function callState(
  look: Look,
  { path, recorded, passed }: { path: string; recorded: StepRecord | undefined; passed: boolean },
): StepState {
  const back = look.records.last(`${undoPath}${path}`);
  if (back?.state === 'done') return 'undone';
  if (look.records.last(`${path}/verify`)?.state === 'failed') return 'failed';
  if (look.run.waits.some(wait => isUnder(wait.path, path))) return 'waiting';
  if (recorded === undefined) return passed ? 'skipped' : restState(look);
  if (recorded.state === 'intent') return look.run.endedAt === undefined ? 'going' : 'skipped';
  return saidOfStep(recorded)?.idle === true ? 'idle' : recorded.state;
}

/** Of what keeps no end of its own. With a condition it was left out where it left no trace; what only names values never does. */
function stateOfPassed(look: Look, { step, path }: { step: Step; path: string }): StepState {
  const traced = look.records.last(`${path}/since`) !== undefined;
  if (step.verb !== 'set' && step.if !== undefined && !traced) return 'skipped';
  return step.verb === 'foreach' && leavesRecords(step) ? 'idle' : 'done';
}

/** Whether its items are seen in the records: what only names values leaves none. */
function leavesRecords({ each }: Extract<Step, { verb: 'foreach' }>): boolean {
  return 'action' in each || each.steps.some(({ verb }) => verb !== 'set');
}

function stateOfWait(look: Look, path: string): StepState {
  if (look.run.waits.some(wait => isUnder(wait.path, path))) return 'waiting';
  return look.run.endedAt === undefined ? 'going' : 'skipped';
}

function stateAround(inner: readonly RunTreeItem[], { over }: { over: boolean }): StepState {
  const has = (state: StepState): boolean => inner.some(item => item.state === state);
  for (const state of ['going', 'waiting', 'failed', 'undone'] as const) if (has(state)) return state;
  const ended = inner.every(({ state }) => state === 'done' || state === 'idle' || state === 'skipped');
  if (over || ended) {
    if (has('done')) return 'done';
    if (has('idle')) return 'idle';
    return over ? 'done' : 'skipped';
  }
  return has('done') || has('idle') ? 'going' : 'later';
}

function itemAt(
  { records, run }: Look,
  at: { path: string; step?: Step; state: StepState; inner?: RunTreeItem[] },
): RunTreeItem {
  const { path, step, state, inner = [] } = at;
  const recorded = records.last(path);
  const proof = records.last(`${path}/verify`);
  const failed = proof?.state === 'failed' ? proof : recorded;
  const failure = failed?.state === 'failed' ? textOf(failed.error, 'message') : '';
  const change = textOf(recorded?.output, 'change') || textOf(recorded?.error, 'change');
  const called = textOf(recorded?.output, 'child') || textOf(recorded?.output, 'run');
  const said = saidOfStep(recorded);
  // Of a run that was woken only what it waited for is known.
  const waits = run.status === 'waiting' || run.status === 'paused' ? run.waits : [];
  const wait = waits.find(each => each.path === path || each.path === `${path}/verify`);
  const name = step?.id === undefined ? '' : `${step.id}: `;
  return {
    path,
    text: step === undefined ? '' : `${name}${describeStep(step)}`,
    state,
    attempt: recorded?.attempt ?? 1,
    inner,
    ...(failure === '' ? {} : { failure }),
    ...(said === undefined || failure !== '' ? {} : { said: said.text }),
    ...(change === '' ? {} : { change }),
    ...(called === '' ? {} : { run: called }),
    ...(wait === undefined ? {} : { wait }),
  };
}
