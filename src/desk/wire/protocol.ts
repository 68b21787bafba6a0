import type { Assurance } from '../../core/actor.ts';
import type { AssuranceReason } from '../../core/assurance.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Challenge } from './caller-proof.ts';

// One connection is one line of JSON after another, each way. The daemon greets with a challenge; the caller shows whose
// account it is (caller-proof.ts) and says what it speaks; the daemon welcomes it. From then on:
//   {id, method, params} → {id, progress}* {id, stream}* ({id, result} | {id, error})
//   {cancel: id} is Ctrl-C, {gone: id} says that nobody reads the answer.
// {error} without an id is the last line of a connection. `mcp` is the one method after whose result the connection
// speaks another protocol.

/** Raised when a program of the other number could not make sense of the lines. */
export const protocolVersion = 1;

/** Bounds of a socket and its connections, each with its reason. */
export const wireLimits = {
  /** The largest line of the daemon: a diff as whoever decides sees it is bounded by as much. */
  frameBytes: 16 * 1024 * 1024,
  /** The largest line of a caller: the largest manifest, with room for what JSON escapes in it. */
  lineBytes: 4 * 1024 * 1024,
  /** A greeting is short, and whoever sends one is not known yet. */
  greetingBytes: 1_024,
  /** From the first byte of a line to its end: on one machine the largest takes a second. */
  lineMs: 15_000,
  /** The largest answer of a tool: escaped as JSON, text may grow to twice its size. */
  answerBytes: 6 * 1024 * 1024,
  /** Open connections of one account: more terminals and assistants than a person, or a runner of jobs, has at once. */
  connections: 32,
  /** Connections whose callers have not shown who they are, which takes each some milliseconds. */
  strangers: 64,
  /** Of a socket, all accounts: eight with all of theirs; a process may open 1,024 files. */
  places: 256,
  /** Calls in flight on one; an assistant has a handful. */
  calls: 16,
  /** Of what these were asked: two of the largest manifests. */
  callBytes: 8 * 1024 * 1024,
  /** A longer call waits until the one before it of the same account is over: only manifests are so long. */
  largeCallBytes: 64 * 1024,
  /** What may wait for a caller that does not read, beside one answer; then it is let go. */
  unreadBytes: 16 * 1024 * 1024,
  /** Of all callers of one socket, read and not answered or said and not read: several of the largest answers. */
  heldBytes: 96 * 1024 * 1024,
  /** From the connection to the welcome; looking an account up may take two seconds. */
  greetingMs: 15_000,
} as const;

/** The daemon's first line. */
export interface Greeting {
  hello: { protocol: number; version: string; challenge: Challenge };
}

/** What the daemon makes of a caller that has greeted and shown who it is; from here on calls are served. */
export interface Welcomed {
  /** Who the daemon takes the caller to be. */
  login: string;
  uid: number;
  /** The account that the daemon runs as. */
  daemonUid: number;
  assurance: Assurance;
  reasons: readonly AssuranceReason[];
}

/** An error as it crosses. */
export interface WireError {
  code: string;
  message: string;
  hint?: string;
  details: JsonObject;
  retryable: boolean;
}

export function toWireError(error: VigieError): WireError {
  const { code, message, hint, details, retryable } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }), details, retryable };
}

/** @returns the error when both sides speak one protocol, else undefined */
export function protocolMismatch(
  ours: { protocol: number; version: string },
  theirs: { protocol: number; version: string },
): VigieError | undefined {
  if (ours.protocol === theirs.protocol) return undefined;
  return new VigieError(
    'DAEMON',
    `The other side of the daemon's socket is vigie ${theirs.version} with protocol ${theirs.protocol}; this is ${ours.version} with ${ours.protocol}.`,
    {
      hint: 'Install one version of Vigie on this machine, then restart the daemon: systemctl restart vigie',
      details: { ours: ours.version, theirs: theirs.version },
    },
  );
}
