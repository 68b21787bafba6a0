import { VigieError } from '../../core/errors.ts';
import type { NewRun, RunEnd, RunRequest } from '../../core/journal.ts';
import { type Json, parsedObject, textOf } from '../../core/json.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { RunRow } from './run-row.ts';
import type { FreshRun } from './runs.ts';

// What every journal decides alike, wherever its rows lie.

/** What becomes of a run: it moves on, or whoever has it is asked. */
export type Moved =
  | { is: 'left'; status: 'ready' | 'paused'; request?: RunRequest; holder?: Holder }
  | { is: 'asked'; request: RunRequest | undefined; holder?: Holder };

/** Who holds a run from now on; null: nobody knows. */
interface Holder {
  by: string | null;
}

/** Whoever has it, or takes it next, ends it. */
export function cancelled({ status }: Pick<RunRow, 'status'>): Moved {
  return status === 'running'
    ? { is: 'asked', request: 'cancel' }
    : { is: 'left', status: 'ready', request: 'cancel' };
}

/** What becomes of a run of which that is asked. `by`: who asks. @throws VigieError CONFLICT as Journal.request does */
export function requested(
  row: RunRow,
  { what, by }: { what: RunRequest | 'resume'; by: string | null },
): Moved {
  const { id, status, request } = row;
  const conflict = (message: string): VigieError =>
    new VigieError('CONFLICT', message, { hint: trusted`vigie runs show ${id}` });
  if (row.ended_at !== null) throw conflict(`The run ${id} has ended: ${status}.`);
  if (what === 'cancel') return cancelled(row);
  if (what === 'pause') {
    if (request === 'cancel') throw conflict(`The run ${id} is being cancelled.`);
    const holds = status === 'paused' || request === 'pause';
    // Who holds it already goes on holding it, unless a person takes it over: no assistant lets go of it from then on.
    const holder = holds && !isPerson(by) ? {} : { holder: { by } };
    return status === 'running'
      ? { is: 'asked', request: what, ...holder }
      : { is: 'left', status: 'paused', ...holder };
  }
  if (status === 'paused') return { is: 'left', status: 'ready' };
  // One that is asked to pause, and has not yet, goes on.
  if (status === 'running' && request === 'pause') return { is: 'asked', request: undefined };
  throw new VigieError('CONFLICT', `The run ${id} is not paused: it is ${status}.`, {
    hint: trusted`vigie worker goes on with it, where none runs; vigie runs show ${id}`,
  });
}

function isPerson(by: string | null): boolean {
  return textOf(parsedObject(by ?? ''), 'kind') === 'person';
}

/** How a run is let go of; undefined: it goes on. `goesOn`: what it waits for is there, or it waits for nothing. */
export function parked(
  request: string | null | undefined,
  { cancelled: heeded, goesOn }: { cancelled: boolean; goesOn: boolean },
): 'paused' | 'waiting' | undefined {
  if (request === 'cancel' && !heeded) return undefined;
  if (request === 'pause') return 'paused';
  return goesOn ? undefined : 'waiting';
}

/** Of others of its concurrency that have not ended: whether a run begins, and whether they are cancelled then. */
export function besideOthers(
  mode: NonNullable<NewRun['concurrency']>['mode'] | undefined,
  others: readonly string[],
): { begins: boolean; cancels: readonly string[] } {
  return {
    begins: mode !== 'skip' || others.length === 0,
    cancels: mode === 'replace' ? others : [],
  };
}

/** @throws VigieError TOO_MANY_RUNS where as many runs stand open in an environment as may */
export function refuseCrowd(environment: string, { open, most }: { open: number; most: number }): void {
  if (open < most) return;
  throw new VigieError('TOO_MANY_RUNS', `${open} runs in ${environment} have not ended.`, {
    hint: trusted`End some: vigie runs list, vigie runs cancel ID`,
    details: { environment, most },
  });
}

/** A run that begins from what an earlier one recorded. @throws VigieError CONFLICT while that one has not ended */
export function forked(
  row: RunRow,
  { id, startedBy, digest = row.digest }: { id: string; startedBy: string; digest?: string },
): Omit<FreshRun, 'startedAt'> {
  if (row.ended_at === null)
    throw new VigieError('CONFLICT', `The run ${row.id} has not ended.`, {
      hint: trusted`vigie runs cancel ${row.id}`,
    });
  const { name, environment, input, resources, concurrency } = row;
  return {
    id,
    digest,
    name,
    environment,
    input,
    startedBy,
    priority: 0,
    due: null,
    resources,
    concurrency,
    parent: null,
    parentKey: null,
    parentMost: null,
  };
}

/** What a run that called another is told of its end; undefined: nobody is, as `parent` has ended or was none. */
export function toldParent(
  parent: Pick<RunRow, 'number' | 'ended_at'> | undefined,
  { row, status, output }: { row: RunRow; status: RunEnd; output: Json | undefined },
): { number: number; message: { key: string; id: string; payload: string } } | undefined {
  const { parent_key: key, id } = row;
  if (parent === undefined || parent.ended_at !== null || key === null) return undefined;
  const payload = JSON.stringify({ run: id, status, output: output ?? null });
  return { number: parent.number, message: { key, id: `child:${id}`, payload } };
}
