import type { TriggerCame, Triggered } from './start-by-trigger.ts';

/** What a delivery came to, for its sender and for the log: how many of each. */
export type Tally = { -readonly [Outcome in Triggered['is'] | 'resolved' | 'unmatched' | 'failed']: number };

/** What was delivered, dealt with. */
export interface Taken {
  tally: Tally;
  /** Of each trigger, for each playbook that it would start. */
  came: TriggerCame[];
  /** Set: why its sender, who tells only of what was not taken, is to send it again. */
  again?: string;
}

export function emptyTally(): Tally {
  return {
    started: 0,
    exists: 0,
    over: 0,
    cooling: 0,
    skipped: 0,
    held: 0,
    refused: 0,
    resolved: 0,
    unmatched: 0,
    failed: 0,
  };
}
