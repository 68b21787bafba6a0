import type { Json } from '../core/json.ts';

/**
 * A system that is spoken to over HTTP: at a URL of its own, or behind a cluster's service proxy. Whoever asks names
 * only a path below it, so a client cannot be led to another host, and knows nothing of credentials.
 */
export interface Endpoint {
  /** Where it is, for messages; holds no credentials. */
  readonly shown: string;
  /**
   * Sends one request; a GET whose connection broke off once more, another never. Follows no redirect. An answer of 2xx, or of 4xx that is about the request itself, is
   * handed on; its body is still to be read, or to be let go with `discard`.
   * @throws VigieError UNREACHABLE, TIMEOUT, CANCELLED, BAD_RESPONSE (a redirect as well), UNAUTHENTICATED (401),
   * FORBIDDEN (403), SERVER_ERROR (5xx; details: status and `said`, what the server wrote), SECRET.
   * details.outcomeUnknown: a request that is no GET may have arrived
   */
  send(request: EndpointRequest): Promise<EndpointAnswer>;
}

export interface EndpointRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the endpoint, segment by segment, not yet encoded: `['api', 'v1', 'query']`. */
  path: readonly string[];
  query?: readonly (readonly [name: string, value: string])[];
  headers?: Readonly<Record<string, string>>;
  body?: { type: 'application/json' | 'application/x-www-form-urlencoded'; text: string };
  signal: AbortSignal;
  /** From now to the end of the answer's body. */
  deadlineMs: number;
  /** Of the unpacked body. Absent: limits.responseBytes. */
  maxBytes?: number;
}

export interface EndpointAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** To be read once, this or `text` or `json`. @throws VigieError BAD_RESPONSE broken off or too large, TIMEOUT, CANCELLED */
  body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  /** @throws VigieError BAD_RESPONSE when it is no JSON or nested too deeply */
  json(): Promise<Json>;
  /** Ends the answer unread. */
  discard(): void;
}

/** What time the system said it is; undefined where it did not. */
export function timeOf({ headers }: Pick<EndpointAnswer, 'headers'>): Date | undefined {
  const time = new Date(headers['date'] ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}
