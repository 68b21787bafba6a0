import type { Json, JsonObject } from './json.ts';

// A playbook as it was read: what its author wrote, with the defaults filled in. Where each of it stood is kept apart
// (engine/language/read-playbook.ts), so that two files that say the same are the same definition. Every text in an
// argument may hold `${{ … }}`; a condition is the expression alone. Both are CEL.

/** `90s`, `30m`, `24h`, `2d`. */
type Duration = string;

/** CEL without the `${{ }}` around it. */
type Expression = string;

/** What a person hands a run, or a trigger. */
export interface PlaybookInput {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object';
  description?: string;
  /** True: a run without it is refused. */
  required: boolean;
  default?: Json;
  choices?: Json[];
  /** Of numbers: the bounds; of strings and lists: of their length. */
  min?: number;
  max?: number;
}

/** What starts a run without a person. `inputs` are what it hands over. */
export interface PlaybookTriggers {
  /** `match` and `inputs` see the alert as `alert`. */
  alert?: {
    match: Expression;
    dedupe?: string;
    cooldown?: Duration;
    inputs: JsonObject;
  };
  /** Five fields of cron. What became of moments that no worker saw: `once` runs for the newest, if it is of today. */
  schedule?: { cron: string; timezone: string; missed: 'skip' | 'once'; inputs: JsonObject };
  /** An event of the cluster: `match`, `dedupe` and `inputs` see it as `event`. */
  event?: {
    match: Expression;
    /** Absent: of all that the environment covers. */
    namespace?: string;
    dedupe?: string;
    cooldown?: Duration;
    inputs: JsonObject;
  };
  /** What is typed after the name of the bot. */
  chat?: { command: string };
  /** `inputs` see what was sent as `trigger.body`. */
  webhook?: { path: string; auth: 'hmac' | 'bearer'; inputs: JsonObject };
}

/** One call of a tool. Texts in `with` may hold expressions. */
export interface PlaybookCall {
  tool: string;
  with: JsonObject;
}

/** A read that is repeated until what it answers (`output`) is as it should be. */
export interface PlaybookCheck extends PlaybookCall {
  until: Expression;
  every: Duration;
  within: Duration;
  /** What it means that it is not so in time; it may hold expressions. Absent: `until` says it. */
  otherwise?: string;
}

/** What may be tried again: a fault that passes by itself, a failure, a change that was not seen healthy, a plan that moved. */
export type RetryCause = 'transient' | 'failed' | 'unverified' | 'plan_changed';

interface PlaybookRetry {
  /** With the first. */
  attempts: number;
  /** Before the second attempt; twice as long before each further one. */
  backoff: Duration;
  on: RetryCause[];
}

/** A call with what surrounds it. */
export interface PlaybookAction extends PlaybookCall {
  retry?: PlaybookRetry;
  verify?: PlaybookCheck;
  /** Absent: the way back that the change itself has. */
  undo?: PlaybookCall | 'none';
}

/** What every step may have, whatever its verb. */
interface StepFacts {
  /** Of the whole playbook; a step without one is known by its place. */
  id?: string;
  /** Absent: it runs. */
  if?: Expression | boolean;
  /** Absent: that of the playbook. */
  timeout?: Duration;
  /** True: the run goes on when it failed, and `steps.ID.ok` is false. */
  continueOnError?: boolean;
}

export interface ToolStep extends StepFacts, PlaybookAction {
  verb: 'tool';
}

export interface ApprovalStep extends StepFacts {
  verb: 'approval';
  approval: {
    /** Ids of later steps: their plans are what is approved. */
    for: string[];
    /** Groups of people; none: whoever may approve such a change. */
    from: string[];
    min: number;
    expires: Duration;
    /** skip: the steps it is for are left out, and the run goes on. */
    onTimeout: 'reject' | 'skip';
  };
}

export interface ForeachStep extends StepFacts {
  verb: 'foreach';
  foreach: {
    /** A list, or an expression that comes to one. */
    in: string | Json[];
    /** The variable that holds the item. */
    as: string;
    parallel: number;
    /** More than these end the step. */
    maxFailures: number;
  };
  each: { action: PlaybookAction } | { steps: Step[] };
}

export interface ParallelStep extends StepFacts {
  verb: 'parallel';
  parallel: {
    branches: { id: string; steps: Step[] }[];
    /** all: the first failure ends the others; settled: each runs to its end. */
    mode: 'all' | 'settled';
  };
}

/** A run of another playbook, which ends before the next step begins. */
export interface PlaybookStep extends StepFacts {
  verb: 'playbook';
  playbook: string;
  with: JsonObject;
}

export interface WaitStep extends StepFacts {
  verb: 'wait';
  wait: { for: Duration } | { at: string } | PlaybookCheck;
}

/** Names for values: `steps.ID.output.NAME`. */
export interface SetStep extends StepFacts {
  verb: 'set';
  set: JsonObject;
}

export type Step = ToolStep | ApprovalStep | ForeachStep | ParallelStep | PlaybookStep | WaitStep | SetStep;

export interface Playbook {
  apiVersion: 'vigie/v1';
  kind: 'Playbook';
  metadata: { name: string; title: string; owner?: string; description?: string };
  on: PlaybookTriggers;
  inputs: { [name: string]: PlaybookInput };
  policy: {
    /** Objects that one run may change; absent: as many as the policy of the environment lets it. */
    maxTargets?: number;
    /** How long a rehearsal of the same definition counts, without which nothing but a person starts it. */
    requireRehearsal?: Duration;
  };
  /** Runs of the same key: one after another, the newer in place of the older, or the newer not at all. */
  concurrency?: { key: string; mode: 'queue' | 'replace' | 'skip' };
  timeout: Duration;
  steps: Step[];
  onFailure: { undo: 'completedInReverse' | 'none'; steps: Step[] };
  finally: Step[];
}

/** Something that is wrong in a playbook, and where. Lines and columns count from 1. */
export interface PlaybookMistake {
  line: number;
  column: number;
  /** Where in the definition: `steps[2].with.namespace`; empty for the whole. */
  field: string;
  message: string;
  /** What to write instead. */
  fix: string;
}
