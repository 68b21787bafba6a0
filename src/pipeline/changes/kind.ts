import type { Change } from '../../core/change.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Plan } from '../../core/plan.ts';
import type { Preview, Risk } from '../../core/preview.ts';
import type { Trusted } from '../../core/trusted-text.ts';
import type { LocalEnd } from '../../toolkit/local-end.ts';
import type { ChangingReach, Reach } from '../vigie.ts';
import type { Patience } from './patience.ts';

/** A preview before its risk is judged: one rule judges all kinds. */
export type Prospect = Omit<Preview, 'risk'>;

/** What the server answered to a write. */
export interface Applied {
  /** Of the object written; absent after a delete. */
  uid?: string;
  resourceVersion?: string;
  /** Without what the server keeps for itself; compared with what the preview said. */
  after?: Preview['after'];
  /** How it ended, where the write itself tells and nothing can be looked at afterwards; it is then not verified. */
  outcome?: Outcome;
}

/** What a verification goes by: how long it may wait, whom it tells what it waits for, and what was changed when. */
export interface Waiting {
  /** What it was shown to do. */
  preview: Preview;
  /** When it was written, by the clock of the cluster; absent: the answer that would have told was lost. */
  changedMs?: number;
  patience: Patience;
  /** By that patience. */
  deadlineMs: number;
  /** By that patience, when the pods that other changes of the plan start were there: now, while some are on their way. Absent: there are none. */
  podsCameMs?(): number;
  signal: AbortSignal;
  progress(message: string): void;
}

/** What a look may use, at the cluster and at what the environment has besides. Without `secret`, what aliases fill in cannot be compared and counts as not there. */
export type Looking = Pick<Reach, 'reader' | 'systems'> & Partial<Pick<ChangingReach, 'secret'>>;

/** Which thing it is that stands at a target, and as of which write; empty where its system has no such notion. */
export interface Standing {
  uid: string;
  resourceVersion: string;
}

/** What a write goes by. */
export interface Writing {
  preview: Preview;
  /** Right before every request that writes. @throws VigieError KILL_SWITCH, TICKET_CLOSED */
  beforeWrite(): Promise<void>;
  /** Ends what takes long; a single request is never cut short by it. Absent: nobody stops it. */
  signal?: AbortSignal;
  /** Hears what goes on while it takes long. */
  progress?(message: string): void;
  /** The files and ports of the person at the terminal, where that is this process. */
  local?: LocalEnd;
  /** Hears a sentence for the record about what a write left on the cluster that is no content. */
  noted(line: string): void;
  /** For what goes on standing on the approval of its plan. Absent: something is taken back. */
  record?: { plan: Plan; auditFacts(): Promise<JsonObject> };
}

/** One way to change one target. A new kind is one file beside this and one line in index.ts. */
export interface ChangeKind<C extends Change = Change> {
  readonly name: C['kind'];
  /** True when doing it again after it was done changes nothing. */
  readonly idempotent: boolean;
  /** What people call it, where that is not the operation of its preview. */
  readonly deed?: string;
  /** What its own write does, where the deed takes the writes of others too. */
  readonly write?: string;
  /** Set where it stands when its plan stops after it, with all that was applied before it; else all of that is taken back. */
  readonly stands?: {
    /** Completes "if it fails on the way, …". */
    halfway: Trusted;
    /** How to go on from there, and how to give up: commands that mean the same environment, and what was agreed to before. */
    next(change: C, asked: Pick<Plan, 'environment' | 'input'>): Trusted;
  };
  /** Set where a plan may hold hundreds of it: they are read as one list, whose length its tool bounds. */
  readonly listed?: {
    /** All of them in one line: `evict 12 pods`. */
    all(count: number): string;
    /** Stands above those that belong together. */
    head(change: C): string;
  };
  /** Set where its risk is high whatever its preview shows: why. */
  alwaysGrave?(change: C): string;
  /** Set where a person is asked also where policy allows it, and an answer that nobody signed is none: why. */
  asks?(change: C): string | undefined;
  /** Who tried it where no dry run of a server did, completing "Checked …". Absent: the server. */
  readonly checkedBy?: string;
  /** Its risk, where the rule for objects of the cluster says nothing about it. */
  riskOf?(change: C, prospect: Prospect): Risk;
  /** What stands at its target, where that is no object of the cluster; absent: the cluster is asked. */
  find?(change: C, looking: Looking): Promise<Standing | undefined>;
  /** Set where its evidence quotes what a program printed, which may be anything that the program can read. */
  readonly prints?: true;
  /** The one thing that its preview says, of its `after` as it may be shown: quoted and whole. Absent: its fields tell. */
  brief?(after: JsonObject): string;
  /** What it would do, asked of the server's own dry run; writes nothing. */
  preview(change: C, reach: ChangingReach): Promise<Prospect>;
  /** Writes, with the uid and the resourceVersion of the preview as preconditions. @throws VigieError CONFLICT */
  apply(change: C, reach: ChangingReach, writing: Writing): Promise<Applied>;
  /** Whether the cluster is already as the change wants it; undefined where nothing on it would tell. */
  observe(change: C, looking: Looking): Promise<boolean | undefined>;
  /** Waits until the target is healthy, not merely accepted. */
  verify(change: C, looking: Looking, waiting: Waiting): Promise<Outcome>;
  /** The changes that take it back, or why none can. `applied` is absent when the write has not answered yet. */
  invert(change: C, preview: Preview, applied: Applied | undefined): Change[] | { irreversible: Trusted };
}
