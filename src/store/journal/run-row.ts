import type { ClaimedRun, RunRequest, RunStatus, RunSummary, Wait } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';
import { readBack } from './payload.ts';

/** A run as it lies in its table, with its definition's digest. */
export interface RunRow {
  number: number;
  id: string;
  digest: string;
  name: string;
  environment: string;
  input: string;
  started_by: string;
  started_at: number;
  status: string;
  resources: string | null;
  owner: string | null;
  epoch: number;
  request: string | null;
  held_by: string | null;
  concurrency: string | null;
  parent: string | null;
  parent_key: string | null;
  parent_most: number | null;
  ended_at: number | null;
  output: string | null;
}

/** The columns of a RunRow. */
export const runColumns = `run.number, id, digest, name, environment, input, started_by, started_at, status, resources,
  owner, epoch, request, held_by, concurrency, parent, parent_key, parent_most, ended_at, output`;

/** What a claim and a view tell alike. */
export function factsOf(row: RunRow): Pick<RunSummary, 'name' | 'environment' | 'digest' | 'startedAt'> & {
  input: JsonObject;
  startedBy: JsonObject;
  request?: RunRequest;
} {
  return {
    name: row.name,
    environment: row.environment,
    digest: row.digest,
    input: objectOf(row.input),
    startedBy: objectOf(row.started_by),
    startedAt: row.started_at,
    ...(row.request === null ? {} : { request: row.request as RunRequest }),
  };
}

/** As whoever takes it knows it. */
export function claimOf(row: RunRow, worker: string): Omit<ClaimedRun, 'steps'> {
  return {
    lease: { run: row.id, worker, epoch: row.epoch },
    ...factsOf(row),
    ...(row.parent === null ? {} : { parent: row.parent }),
  };
}

/** As lists show it. */
export function summaryOf(row: RunRow, waits: readonly Wait[]): RunSummary {
  const { input: _, ...facts } = factsOf(row);
  return {
    id: row.id,
    ...facts,
    status: row.status as RunStatus,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.owner === null ? {} : { worker: row.owner }),
    ...(row.held_by === null || !isHeld(row) ? {} : { heldBy: objectOf(row.held_by) }),
    waits,
  };
}

/** Who held it last stays written, whatever became of it. */
function isHeld({ status, request }: RunRow): boolean {
  return status === 'paused' || request === 'pause';
}

export function resourcesOf(row: RunRow): string[] {
  const list: unknown = row.resources === null ? [] : JSON.parse(row.resources);
  return Array.isArray(list) ? list.filter(each => typeof each === 'string') : [];
}

function objectOf(text: string): JsonObject {
  return readBack(text) as JsonObject;
}
