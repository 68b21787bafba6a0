import { isObject, type JsonObject } from '../../core/json.ts';
import type { Channel } from './channel.ts';
import { findDescription, readDescription } from './openapi-document.ts';

// The largest (core/v1) takes some megabytes of memory; a conversation is about two or three at a time.
const mostHeld = 4;

interface Held {
  hash: string;
  schemas: JsonObject;
}

/** The schemas of the server's own description, kept while their hash is the same and shared by all calls of a connection. */
export class Schemas {
  readonly #held = new Map<string, Held>();

  /** By name, for one group and version. */
  async of(channel: Channel, apiVersion: string): Promise<JsonObject> {
    const described = await findDescription(channel, apiVersion);
    const held = this.#held.get(apiVersion);
    if (held !== undefined && held.hash !== '' && held.hash === described.hash) return held.schemas;
    const { components } = await readDescription(channel, described);
    const schemas = isObject(components) && isObject(components.schemas) ? components.schemas : {};
    this.#held.delete(apiVersion);
    this.#held.set(apiVersion, { hash: described.hash, schemas });
    const [oldest] = this.#held.keys();
    if (oldest !== undefined && this.#held.size > mostHeld) this.#held.delete(oldest);
    return schemas;
  }
}
