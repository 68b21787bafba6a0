import type { RunView } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import type { ApprovalStep, Playbook, PlaybookAction, Step } from '../../core/playbook.ts';
import type { Policy } from '../../core/policy.ts';
import { describeRef } from '../../core/ref.ts';
import type { RehearsedChange, RehearsedStatus, RehearsedStep } from '../../core/rehearsal.ts';
import type { ChangeRecord } from '../../store/change-reader.ts';
import { Records, undoPath } from '../interpreter/records.ts';
import { type RunTreeItem, runTree } from '../interpreter/run-tree.ts';
import { seatPaths } from '../interpreter/seats.ts';
import { describeStep } from '../language/outline.ts';
import { stepsByPath, withoutItems } from './steps-by-path.ts';

/** A run that was played, with what stands around it. */
export interface PlayedRun {
  run: RunView;
  /** As it was played, without what is out of reach; and as its author wrote it. */
  played: Playbook;
  written: Playbook;
  /** What was out of reach, by path without the numbers of items. */
  left: ReadonlyMap<string, string>;
  changes: ReadonlyMap<string, ChangeRecord>;
  /** Tickets that a person would have decided. */
  assumed: ReadonlySet<string>;
  policy: Policy;
  /** The runs that it called, by their ids. */
  called: ReadonlyMap<string, PlayedRun>;
}

/** A step with what its approval asked; absent: nobody was asked by one. */
export type PlayedStep = RehearsedStep & { asked?: ApprovalStep['approval'] };

/** How each step went, in the order of the playbook; what only names values is told of where it failed. */
export function stepsOfRun(of: PlayedRun): PlayedStep[] {
  const look: Look = { ...of, records: new Records(of.run.steps), steps: stepsByPath(of.written) };
  const items = runTree(of.played, of.run).filter(({ path }) => path !== '.onFailure/');
  let failed = false;
  return items
    .flatMap(item => rowsOf(look, item))
    .map(row => {
      const isAfter = failed;
      failed ||= row.status === 'failed' || row.status === 'denied';
      const cleansUp = row.path.startsWith('.');
      return isAfter && !cleansUp && row.status === 'left_out' ? { ...row, status: 'not_reached' } : row;
    });
}

/** What was done because it failed: how each change was taken back, the last first, then the steps of onFailure. */
export function wayBackOfRun(of: PlayedRun): PlayedStep[] {
  const look: Look = { ...of, records: new Records(of.run.steps), steps: stepsByPath(of.written) };
  const undone = [...new Set(of.run.steps.map(({ path }) => path))].filter(path => path.startsWith(undoPath));
  const rows = undone.map(path => undoRow(look, path));
  const after = runTree(of.played, of.run).filter(({ path }) => path === '.onFailure/');
  return [...rows, ...after.flatMap(item => rowsOf(look, item))];
}

interface Look extends PlayedRun {
  records: Records;
  steps: ReadonlyMap<string, Step>;
}

function rowsOf(look: Look, item: RunTreeItem): PlayedStep[] {
  const { path, inner, failure } = item;
  const plain = withoutItems(path);
  const why = look.left.get(plain);
  if (why !== undefined) {
    const status = statusOf(look, item);
    return [{ path, what: whatOf(look, path), status: blindStatus(status), why, attempts: 1 }];
  }
  if (inner.length > 0) {
    const rows = inner.flatMap(each => rowsOf(look, each));
    const told =
      failure === undefined || rows.some(({ status }) => status === 'failed' || status === 'denied');
    return told ? rows : [...rows, rowOf(look, item)];
  }
  if (look.steps.get(plain)?.verb === 'set' && item.state !== 'failed') return [];
  const row = rowOf(look, item);
  const child = item.run === undefined ? undefined : look.called.get(item.run);
  if (child !== undefined)
    return [row, ...stepsOfRun(child).map(step => ({ ...step, path: `${path} → ${step.path}` }))];
  const unproven = look.left.get(`${plain}/verify`);
  if (unproven === undefined || row.status !== 'done') return [row];
  const check = { path: `${path}/verify`, what: 'verify', why: unproven, attempts: 1 };
  return [row, { ...check, status: 'not_rehearsed' }];
}

/** What was never come to is no more than that. */
function blindStatus(status: RehearsedStatus): RehearsedStatus {
  return status === 'left_out' ? status : 'not_rehearsed';
}

function rowOf(look: Look, item: RunTreeItem): PlayedStep {
  const { path, attempt, failure } = item;
  const made = changeAt(look, path);
  const gate = made === undefined ? gateAt(look, path) : undefined;
  const change = made === undefined ? gate?.change : changeOf(look, { change: made, path });
  return {
    path,
    what: whatOf(look, path),
    status: statusOf(look, item),
    ...(failure === undefined ? {} : { why: whyOf(failure, change) }),
    attempts: attempt,
    ...(change === undefined ? {} : { change }),
    ...(gate === undefined ? {} : { asked: gate.asked }),
  };
}

/** What a failure says, with the first that was seen of it. */
function whyOf(failure: string, change: RehearsedChange | undefined): string {
  const [seen] = change?.evidence ?? [];
  return seen === undefined || failure.includes(seen) ? failure : `${failure}: ${seen}`;
}

/** The change of an attempt. The record of one that failed and took itself back does not name it: then the newest before. */
function changeAt({ records, changes, run, steps }: Look, path: string): ChangeRecord | undefined {
  const last = records.last(path);
  const named = changes.get(textOf(last?.output, 'change') || textOf(last?.error, 'change'));
  if (named !== undefined || last?.state !== 'failed') return named;
  const tool = path.startsWith(undoPath) ? undoToolAt({ steps }, path) : actionAt({ steps }, path)?.tool;
  return [...changes.values()].findLast(
    change =>
      change.actor.run === run.id &&
      change.tool === tool &&
      ownEnds.has(change.state) &&
      Date.parse(change.createdAt) <= last.at,
  );
}

/** Of a change that did not stay. */
const ownEnds: ReadonlySet<string> = new Set(['failed', 'returned', 'interrupted']);

/** What people are asked at an approval step. Its diffs are those of the steps that it is for. */
function gateAt(
  { records, changes, steps, policy }: Look,
  path: string,
): { change: RehearsedChange; asked: ApprovalStep['approval'] } | undefined {
  const step = steps.get(withoutItems(path));
  if (step?.verb !== 'approval') return undefined;
  const asked = step.approval;
  const [seat = ''] = seatPaths(path, 1);
  const ticket = changes.get(textOf(records.last(seat)?.output, 'ticket'));
  if (ticket === undefined) return undefined;
  const { targets, risk } = ticket;
  const asks = whoIsAsked(policy, { ...asked, risk });
  return { change: { targets: targets.map(describeRef), risk, diff: '', asks, evidence: [] }, asked };
}

function statusOf({ records }: Look, { path, state }: RunTreeItem): RehearsedStatus {
  const last = records.last(path);
  switch (state) {
    case 'failed':
      return textOf(last?.error, 'code') === 'DENIED' ? 'denied' : 'failed';
    // What was taken back had been done; how it was taken back is told apart.
    case 'done':
    case 'undone':
      return 'done';
    case 'idle':
      return 'nothing_to_do';
    case 'later':
    case 'going':
    case 'waiting':
    case 'skipped':
      return 'left_out';
  }
}

function whatOf(look: Look, path: string): string {
  const step = look.steps.get(withoutItems(path));
  if (step === undefined) return '';
  const action = path.endsWith(']') ? actionAt(look, path) : undefined;
  return action?.tool ?? describeStep(step);
}

function undoToolAt(look: Pick<Look, 'steps'>, path: string): string {
  const undo = actionAt(look, path.slice(undoPath.length).replace(/@\d+$/, ''))?.undo;
  return undo === undefined || undo === 'none' ? 'changes_undo' : undo.tool;
}

/** What is called at a path, with what surrounds it. */
function actionAt({ steps }: Pick<Look, 'steps'>, path: string): PlaybookAction | undefined {
  const step = steps.get(withoutItems(path));
  if (step?.verb === 'tool') return step;
  return step?.verb === 'foreach' && 'action' in step.each ? step.each.action : undefined;
}

function undoRow(look: Look, path: string): RehearsedStep {
  const last = look.records.last(path);
  const change = changeAt(look, path);
  const of = path.slice(undoPath.length);
  const failed = last?.state !== 'done';
  const told = change === undefined ? undefined : changeOf(look, { change, path });
  return {
    path: of,
    what: undoToolAt(look, path),
    status: failed ? (textOf(last?.error, 'code') === 'DENIED' ? 'denied' : 'failed') : 'done',
    ...(failed ? { why: whyOf(textOf(last?.error, 'message'), told) } : {}),
    attempts: last?.attempt ?? 1,
    ...(told === undefined ? {} : { change: told }),
  };
}

function changeOf(look: Look, { change, path }: { change: ChangeRecord; path: string }): RehearsedChange {
  const { targets, risk, diff, evidence, undo, id } = change;
  const verify = actionAt(look, path)?.verify;
  const proven = look.records.last(`${path}/verify`)?.state === 'done';
  return {
    targets: targets.map(describeRef),
    risk,
    diff,
    ...(look.assumed.has(id) ? { asks: whoIsAsked(look.policy, { risk, from: [], min: 1 }) } : {}),
    evidence: [...evidence, ...(proven && verify !== undefined ? [`${verify.tool}: ${verify.until}`] : [])],
    ...(undo === 'possible' ? {} : { final: undo }),
  };
}

/** In words; `from`: narrowed to these groups. */
function whoIsAsked(
  { approvers }: Policy,
  { risk, from, min }: { risk: RehearsedChange['risk']; from: readonly string[]; min: number },
): string {
  const groups = from.length > 0 ? from : (approvers[risk] ?? []);
  const of = groups.length === 0 ? '' : ` of ${groups.join(' or ')}`;
  const who = min > 1 ? `${min} approvers${of}` : groups.length === 0 ? 'any approver' : `a person${of}`;
  return approvers.fourEyes ? `${who}, not whoever starts it` : who;
}
