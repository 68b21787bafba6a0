import { VigieError } from '../../core/errors.ts';
import { type Enabled, type NamedInVain, namedInVain } from './enabled.ts';
import type { EventListener } from './event-starts.ts';
import { EventWatches } from './event-watches.ts';
import { pauseFor } from './pause-for.ts';
import { leaveOut, nextTick, startDue, type TickedSchedule } from './schedules.ts';
import type { TriggerParts } from './start-by-trigger.ts';

/** So late a schedule begins at most. */
const lookMs = 5_000;
/** So long what was edited in vigie.yaml or in a playbook waits to be seen. */
const readAgainMs = 60_000;

/** What a worker serves beside its runs, when it begins and whenever that changes. */
export interface Serving {
  schedules: number;
  /** When the first comes round. */
  next: Date | undefined;
  watches: number;
  inVain: readonly NamedInVain[];
}

/** What serving goes by. */
export interface TriggerJob {
  parts: TriggerParts;
  /** What may start by itself, as it stands now. @throws VigieError INVALID_CONFIG */
  enabled: () => Promise<Enabled>;
  serving: (what: Serving) => void;
  ticked: (what: TickedSchedule) => void;
  events: EventListener;
  failed: (error: unknown) => void;
  signal: AbortSignal;
}

/**
 * Starts runs by schedules and by events of clusters until the signal says stop. What cannot be read or reached now is told,
 * and tried again: nothing starts by what was read before.
 */
export async function serveTriggers(job: TriggerJob): Promise<void> {
  const { parts, signal } = job;
  const watches = new EventWatches({ parts, listener: job.events });
  let enabled: Enabled = { playbooks: [], broken: [] };
  let known: Enabled['playbooks'] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let told = '';
  let wrong = '';
  try {
    while (!signal.aborted) {
      try {
        if (performance.now() - readAt >= readAgainMs) {
          enabled = { playbooks: [], broken: [] };
          const read = await job.enabled();
          known = await leaveOut(parts, { before: known, now: read });
          enabled = read;
          await watches.follow(await parts.vigie.inForce('change'), enabled.playbooks);
          readAt = performance.now();
          const serving = servingOf(job, { enabled, watches });
          const facts = JSON.stringify([serving.schedules, serving.watches, serving.inVain]);
          if (facts !== told) job.serving(serving);
          told = facts;
        }
        await startDue(parts, {
          playbooks: enabled.playbooks,
          ticked: job.ticked,
          failed: (_, error) => job.failed(error),
        });
        wrong = '';
      } catch (error) {
        if (!(error instanceof VigieError)) throw error;
        // The same each few seconds is told once.
        if (error.message !== wrong) job.failed(error);
        wrong = error.message;
      }
      await pauseFor(lookMs, signal);
    }
  } finally {
    await watches.close();
  }
}

function servingOf(
  { parts }: TriggerJob,
  { enabled, watches }: { enabled: Enabled; watches: EventWatches },
): Serving {
  const { count, next } = nextTick(enabled.playbooks, new Date(parts.journal.now()));
  return { schedules: count, next, watches: watches.count, inVain: namedInVain(enabled) };
}
