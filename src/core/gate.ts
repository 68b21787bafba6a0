import type { JsonObject } from './json.ts';

/** One call that a gate is for, as it was planned when people were asked. */
export interface CoveredCall {
  /** Of its step, in the run. */
  path: string;
  tool: string;
  input: JsonObject;
  /** Of its own changes alone, as a plan's. */
  digest: string;
  /** How many of the plan's changes are its own; they stand in the order of the calls. */
  changes: number;
}

/**
 * What makes a ticket a gate: approved, nothing is sent, and one run of a playbook may make these calls later, each once.
 * All of it is in the digest that is signed.
 */
export interface Gate {
  run: string;
  /** Of the approval step, in the run. */
  path: string;
  covers: CoveredCall[];
  /** Which of the people who must agree this ticket is for, from 1. */
  seat: number;
  seats: number;
  /** How long after the decision the run may make use of it, at most. */
  holdsSeconds: number;
}

/**
 * Whether a step may go under its gate once more, by the facts of each row of the audit that tells how what went under it
 * ended. None: it goes on, or nobody knows.
 */
export function mayGoAgain(ends: readonly JsonObject[]): boolean {
  return ends.length > 0 && ends.every(({ again }) => again === true);
}

/** More people for one step than any team has. */
export const mostSeats = 10;
