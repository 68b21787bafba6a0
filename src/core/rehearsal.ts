import type { JsonObject } from './json.ts';
import type { RiskLevel } from './preview.ts';

// A rehearsal plays a playbook on a copy of an environment and changes nothing there. What it tells is data: texts are
// masked and bounded, and none of them is an instruction. All shapes are types and not interfaces, so that they are JSON too.

/**
 * How it ended. done: all that could be tried ended well; failed, denied: the run would end so; unknown: it came to where
 * it needs what nobody can know without the real thing.
 */
export type RehearsalOutcome = 'done' | 'failed' | 'denied' | 'unknown';

/**
 * left_out: its `if` was false, or its branch ended; not_reached: the run ended before; not_rehearsed: it reaches for what
 * a copy has not, so nothing is known of it.
 */
export type RehearsedStatus =
  | 'done'
  | 'nothing_to_do'
  | 'failed'
  | 'denied'
  | 'left_out'
  | 'not_reached'
  | 'not_rehearsed';

/** What one step would change. */
export type RehearsedChange = {
  /** `Deployment/web in shop` */
  targets: string[];
  risk: RiskLevel;
  diff: string;
  /** Who would be asked, in words; absent: policy lets it go by itself. */
  asks?: string;
  /** Why too few people could agree; absent: enough could. */
  nobodyAgrees?: string;
  /** What was seen of its health, a line each. */
  evidence: string[];
  /** Why it could not be taken back; absent: it could. */
  final?: string;
};

/** One step as it went; of several attempts the last. */
export type RehearsedStep = {
  /** Its place in the playbook: `deploy/2/check[web]`. */
  path: string;
  /** Its verb, of a call the tool: `k8s_set`, `wait`. */
  what: string;
  status: RehearsedStatus;
  /** What went wrong, or why nothing is known of it. */
  why?: string;
  attempts: number;
  change?: RehearsedChange;
};

/** What a run would do to take itself back. */
export type RehearsedWayBack = {
  /** assumed: after the run had ended well it was played once more, and failed there on purpose. */
  cause: 'failed' | 'assumed';
  /** The step behind which it failed. */
  behind: string;
  steps: RehearsedStep[];
  /** What would be left. */
  problems: string[];
};

/** How far the changes reach. */
type BlastRadius = {
  /** What is changed itself: `Deployment/web in shop`. */
  objects: string[];
  namespaces: string[];
  /** Pods that end because of it, and new ones; those of jobs are not counted. */
  podsEnded: number;
  podsMade: number;
};

export type RehearsalReport = {
  playbook: string;
  /** Of its definition, 64 hex digits. */
  digest: string;
  environment: string;
  inputs: JsonObject;
  outcome: RehearsalOutcome;
  /** Absent where all is well. */
  why?: string;
  steps: RehearsedStep[];
  /** Absent: nothing was changed, so there is nothing to take back. */
  wayBack?: RehearsedWayBack;
  blast: BlastRadius;
  /** How long the run takes by the clock of the copy, approvals given at once. */
  simulatedSeconds: number;
  tookSeconds: number;
  /** What it cannot say, a sentence each. */
  unforeseen: string[];
  /** What the copy holds, and what it lacks, a sentence each. */
  copy: { objects: number; pods: number; nodes: number; lacks: string[] };
  /** Where it counts as proof; absent: it ended otherwise than done. */
  recorded?: { at: string; head: string };
};

/** What is to be rehearsed. */
export type RehearsalOrder = {
  playbook: string;
  environment: string;
  inputs: JsonObject;
  /** The step at the top behind which the run is to fail, to see its way back; absent: behind the last one. */
  failBehind?: string;
};
