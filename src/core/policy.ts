import type { RiskLevel } from './preview.ts';

/** What policy says to a change: make it, ask a person, or refuse it. */
export type Verdict = 'allow' | 'ask' | 'deny';

/** Why policy refuses a change, by the rule that says so (`policy.freeze[0]`, `policy.protect[1]`, `kill-switch`). */
export interface Denial {
  rule: string;
  why: string;
}

/** When changes are refused: `Fri 17:00` to `Mon 08:00` in a named time zone, weekly. */
export interface Freeze {
  from: string;
  to: string;
  timeZone: string;
  exceptIncidents: boolean;
}

/** Objects that no change may touch, by kind, name, namespace or `key=value` labels; all given parts must fit. */
export interface Protect {
  kind?: string;
  name?: string;
  namespace?: string;
  labels?: string;
}

/** How much goes on in one environment on behalf of one person before it asks or is refused. */
export interface Budget {
  /** Objects that `allow` changes by itself in an hour; past that it asks. 0: it always asks. */
  automaticPerHour: number;
  /** How often `allow` changes one object by itself in a day; past that it asks. */
  perObjectPerDay: number;
  /** Tickets that wait at once; one more is denied. */
  openTickets: number;
  /** Tickets that are made in an hour, whatever becomes of them; one more is denied. */
  proposalsPerHour: number;
  /** How long a change that a person rejected is denied when it is asked for again. */
  coolDownSeconds: number;
}

/** The rules of one environment. A missing key means ask. */
export interface Policy {
  low: Verdict;
  medium: Verdict;
  high: Verdict;
  /** Groups that may approve, by risk; a level without a list takes any approver. */
  approvers: { [level in RiskLevel]?: string[] } & { fourEyes: boolean };
  elicitation: boolean;
  /** More targets in one plan are high risk. */
  maxTargets: number;
  ticketTtlSeconds: number;
  budget: Budget;
  freeze: Freeze[];
  protect: Protect[];
}
