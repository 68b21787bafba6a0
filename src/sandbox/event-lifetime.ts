import { lastSeenMs } from '../kubernetes/event-times.ts';
import type { Cluster } from './cluster.ts';
import { keyOf } from './state.ts';

/** As long as a real API server keeps an event that is not told again. */
export const eventsKeptMs = 3_600_000;
/** Events that end shortly after each other end together, so that a busy cluster is not looked through for each. */
const betweenLooksMs = 60_000;

/** Ends the events of a cluster when their time is over. */
export class EventLifetime {
  readonly #cluster: Cluster;
  #nextMs: number | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** When it has to look again; absent: there is no event. */
  get nextMs(): number | undefined {
    return this.#nextMs;
  }

  /** Looks, where it is time to. */
  look(): void {
    const { state, clock } = this.#cluster;
    const nowMs = clock.now();
    if (this.#nextMs !== undefined && nowMs < this.#nextMs) return;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const event of state.list('/events')) {
      const endMs = lastSeenMs(event) + eventsKeptMs;
      if (endMs <= nowMs) state.remove('/events', keyOf(event.metadata.namespace, event.metadata.name));
      else firstMs = Math.min(firstMs, endMs);
    }
    this.#nextMs = Number.isFinite(firstMs) ? Math.max(firstMs, nowMs + betweenLooksMs) : undefined;
  }
}
