import type { RunSummary, StepRecord, Wait } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';

// Runs as programs read them. Times are ISO 8601, as in every answer.

/** What is known of a run without its steps. */
export function dataOfRun(run: RunSummary): JsonObject {
  const { id, name, environment, digest, status, startedBy, startedAt, endedAt, request, heldBy, waits } =
    run;
  return {
    id,
    name,
    environment,
    digest,
    status,
    ...(request === undefined || endedAt !== undefined ? {} : { asked: request }),
    ...(heldBy === undefined ? {} : { heldBy }),
    startedBy,
    startedAt: isoOf(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: isoOf(endedAt) }),
    waits: waits.map(dataOfWait),
  };
}

/** One attempt at a step, as it was recorded. */
export function dataOfStep({ at, ...step }: StepRecord): JsonObject {
  return { ...step, at: isoOf(at) };
}

function dataOfWait(wait: Wait): JsonObject {
  const { until, ...rest } = { until: undefined, ...wait };
  return { ...rest, ...(until === undefined ? {} : { until: isoOf(until) }) };
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
