import type { EventId, EventStore, JSONRPCMessage, StreamId } from '@modelcontextprotocol/server';
import { serverLimits } from './limits.ts';

interface Kept {
  id: EventId;
  streamId: StreamId;
  message: JSONRPCMessage;
  bytes: number;
}

/** What one legacy session was sent lately, for a client whose stream broke off. The oldest go when it grows too large. */
export class ReplayLog implements EventStore {
  #kept: Kept[] = [];
  #bytes = 0;
  #count = 0;

  async storeEvent(streamId: StreamId, message: JSONRPCMessage): Promise<EventId> {
    this.#count += 1;
    const id = `${this.#count}@${streamId}`;
    const bytes = Buffer.byteLength(JSON.stringify(message));
    this.#kept.push({ id, streamId, message, bytes });
    this.#bytes += bytes;
    while (this.#kept.length > serverLimits.replayEvents || this.#bytes > serverLimits.replayBytes) {
      this.#bytes -= this.#kept.shift()?.bytes ?? 0;
    }
    return id;
  }

  async getStreamIdForEventId(eventId: EventId): Promise<StreamId | undefined> {
    return eventId.includes('@') ? eventId.slice(eventId.indexOf('@') + 1) : undefined;
  }

  async replayEventsAfter(
    lastEventId: EventId,
    { send }: { send: (eventId: EventId, message: JSONRPCMessage) => Promise<void> },
  ): Promise<StreamId> {
    const streamId = (await this.getStreamIdForEventId(lastEventId)) ?? '';
    const last = Number.parseInt(lastEventId, 10);
    // Of a copy: a message that is sent meanwhile is stored too, and goes out by itself.
    const kept = this.#kept.slice();
    for (const event of kept) {
      // The event that primes a stream is empty, and a client has it already.
      const empty = Object.keys(event.message).length === 0;
      if (event.streamId === streamId && Number.parseInt(event.id, 10) > last && !empty) {
        await send(event.id, event.message);
      }
    }
    return streamId;
  }
}
