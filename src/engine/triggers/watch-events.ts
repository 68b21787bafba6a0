import { VigieError } from '../../core/errors.ts';
import { Redactor } from '../../core/redaction.ts';
import { cleanLine } from '../../core/text.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { type ClusterEvent, readClusterEvent } from './cluster-event.ts';
import { pauseFor } from './pause-for.ts';

// A watch begins with all events that there are, and begins so again when the server has forgotten where it stood. What is
// older than a few minutes is left; the rest is told once more, and whoever hears it knows what it knows.

/** While a worker is started anew nothing is lost; what is older somebody has seen to. */
const lookBackMs = 5 * 60_000;
/** After a watch that broke off; twice as long each time. */
const firstPauseMs = 2_000;
const longestPauseMs = 60_000;
/** A right that is missing is given by a person. */
const refusedPauseMs = 5 * 60_000;
const sayingChars = 300;

/** Tells the events of one namespace, or of all that an environment covers, until the signal says stop. */
export async function watchEvents(input: {
  /** As vigie.yaml has it by now. */
  environment: () => Environment;
  /** Absent: all namespaces. */
  namespace: string | undefined;
  now: () => number;
  /** `at`: when it was last seen, by our clock. */
  heard: (event: ClusterEvent, at: number) => void;
  /** That they are not watched, and why; once for each time that it changes. */
  said: (text: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { signal } = input;
  let pauseMs = firstPauseMs;
  let told = '';
  while (!signal.aborted) {
    try {
      await watchOnce({
        ...input,
        well: () => {
          if (told !== '') input.said(`${placeOf(input)}: events are watched again.`);
          told = '';
          pauseMs = firstPauseMs;
        },
      });
      // A watch that ends by itself says nothing of what came since.
      if (!signal.aborted) await pauseFor(pauseMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof VigieError)) throw error;
      const text = `${placeOf(input)}: events are not watched: ${cleanLine(error.message, sayingChars)}`;
      if (text !== told) input.said(text);
      told = text;
      // Spread, so that the watches of a server that comes back do not all come at once.
      await pauseFor((error.code === 'FORBIDDEN' ? refusedPauseMs : pauseMs) * (0.5 + Math.random()), signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

async function watchOnce({
  environment,
  namespace,
  now,
  heard,
  well,
  signal,
}: Parameters<typeof watchEvents>[0] & { well: () => void }): Promise<void> {
  const where = environment();
  const place = namespace === undefined ? {} : { namespace };
  const reach = await where.reach(signal);
  const { reader } = reach;
  const redactor = new Redactor(where.known);
  const kind = { kind: 'Event', apiVersion: 'v1' } as const;
  // Whether they may be read at all, and what time it is there: the two clocks need not agree.
  await reader.list({ ...kind, ...place, limit: 1 });
  const aheadMs = (reach.serverTime()?.getTime() ?? now()) - now();
  well();
  for await (const { type, object } of reader.watch({ ...kind, ...place, signal })) {
    // An event that is deleted has had its hour.
    if (type !== 'ADDED' && type !== 'MODIFIED') continue;
    const event = readClusterEvent(object, redactor);
    if (event === undefined) continue;
    const at = event.lastMs - aheadMs;
    if (at >= now() - lookBackMs) heard(event, at);
  }
}

function placeOf({ environment, namespace }: Parameters<typeof watchEvents>[0]): string {
  const { name } = environment().view;
  return namespace === undefined ? name : `${name}, namespace ${namespace}`;
}
