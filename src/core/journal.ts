import type { Json, JsonObject } from './json.ts';

// What a run of a playbook leaves behind while it goes, so that a crash repeats nothing and loses nothing. A step is known
// by its path in the playbook (`deploy/2/check[web]`), never by the order of calls: what is recorded under a path is not
// done again, whoever goes on with the run, and wherever it broke off.

/** That one worker, and no other, goes on with a run. A takeover raises the epoch: what the worker before says is refused. */
export interface Lease {
  run: string;
  worker: string;
  epoch: number;
}

/**
 * One attempt at one step. `intent`: a change is about to leave, so that it is verified before anything is tried again;
 * `done` and `failed` are for good.
 */
export interface StepRecord {
  path: string;
  /** From 1. */
  attempt: number;
  state: 'intent' | 'done' | 'failed';
  /** What the step gave; of an intent, what leads to its change. Absent: nothing. */
  output?: Json;
  /** Of a failed one: code, message and hint. */
  error?: JsonObject;
  /** When it was recorded, by the journal's clock; set by the journal. */
  at: number;
}

/** A record as it is handed over. */
export type NewStepRecord = Omit<StepRecord, 'at'>;

/** What a run that holds no memory waits for. Any one of its waits wakes it. */
export type Wait =
  /** A message under that key, also one that came before. `until`: or that moment, in milliseconds since 1970. */
  | { path: string; kind: 'message'; key: string; until?: number }
  | { path: string; kind: 'timer'; until: number }
  /** Any holder of that resource letting go. */
  | { path: string; kind: 'slot'; key: string };

/**
 * ready: a worker may take it; running: one holds it; waiting: for what its waits say; paused: a person stopped it, and its
 * waits do not wake it; the others are ends.
 */
export type RunStatus = 'ready' | 'running' | 'waiting' | 'paused' | RunEnd;
export type RunEnd = 'done' | 'failed' | 'cancelled';

/** A run to be started. */
export interface NewRun {
  /** Whoever starts the same run again by the same id starts nothing. */
  id: string;
  /** For people and lists: the playbook's name. */
  name: string;
  environment: string;
  /** Of the definition that it goes by to its end. @see Journal.putDefinition */
  digest: string;
  input: JsonObject;
  /** Who started it and by what, for people. */
  startedBy: JsonObject;
  /** What it holds whenever a worker has it. Absent: nothing. */
  resources?: readonly string[];
  /** Higher goes first. Default 0. */
  priority?: number;
  /** Not before that moment. Absent: now. */
  at?: number;
  /** With others of the same key, at most one run is not ended: a later one waits, ends the others, or does not start. */
  concurrency?: { key: string; mode: 'queue' | 'replace' | 'skip' };
  /** Not where so many runs of its environment have not ended. Absent: however many. */
  mostOpen?: number;
  /** Whose child it is: its end is a message to that run, under that key. `most`: objects that one and all it calls may change. */
  parent?: { run: string; key: string; most?: number };
}

/**
 * Something from outside that would start a run: an alert, what a webhook delivered, an event. It starts one run of a
 * playbook in an environment, however often it is told and to however many workers.
 */
export interface Occasion {
  /** Which one it is. It is known by this, with the run's name and environment, for `occasionMs`. */
  what: string;
  /** Of occasions of one text none starts a run while an earlier one's has not ended, nor within `coolMs` of its start. */
  like?: { text: string; coolMs: number };
  /** More starts than these within that time are a storm, and held. Absent: it is never held, and counts for none. */
  storm?: { ofName: number; inEnvironment: number; withinMs: number };
}

/** Starts that were held back: the last storm of a playbook in an environment, or of all that is started there. */
export interface Storm {
  environment: string;
  /** Absent: all playbooks together were too many. */
  name?: string;
  since: number;
  /** When the last was held. */
  last: number;
  /** Occasions, each counted once. */
  held: number;
}

/** A run that an occasion started, for one that is like it. */
export interface StartedAlike {
  run: string;
  startedAt: number;
  /** Not ended: another one starts none. */
  goesOn: boolean;
}

/** What an occasion came to. What is neither started nor there already may be told again, and start a run then. */
export type Begun =
  | { is: 'started' }
  /** It, or one like it, has its run. */
  | { is: 'exists'; run: string }
  /** It was dismissed just before. */
  | { is: 'over' }
  | { is: 'cooling'; until: number }
  /** By the concurrency of its playbook. */
  | { is: 'skipped' }
  /** `first`: true for exactly one of a storm, whose teller reports it. */
  | { is: 'held'; storm: Storm; first: boolean };

/** A run that a worker has taken, with all that was recorded of it, the oldest first. */
export interface ClaimedRun {
  lease: Lease;
  name: string;
  environment: string;
  digest: string;
  input: JsonObject;
  startedBy: JsonObject;
  startedAt: number;
  /** The run that called it. */
  parent?: string;
  /** What somebody asked for meanwhile. */
  request?: RunRequest;
  steps: readonly StepRecord[];
}

export type RunRequest = 'cancel' | 'pause';

/** A run as lists show it. */
export interface RunSummary {
  id: string;
  name: string;
  environment: string;
  digest: string;
  status: RunStatus;
  startedBy: JsonObject;
  startedAt: number;
  endedAt?: number;
  /** Who holds it, while somebody does. */
  worker?: string;
  /** Asked for, and not yet heeded. */
  request?: RunRequest;
  /** Who paused it, while it is or is asked to be. Absent: nobody, or nobody knows. */
  heldBy?: JsonObject;
  waits: readonly Wait[];
}

/** Which runs a list has: those of all that is named. `before`: those started before that run was. */
export interface RunQuery {
  status?: RunStatus;
  name?: string;
  environment?: string;
  before?: string;
  max: number;
}

/** A run in whole. */
export interface RunView extends RunSummary {
  input: JsonObject;
  output?: Json;
  steps: readonly StepRecord[];
}

/**
 * The durable side of the engine. Every promise is kept only when what it says is on disk. What takes a lease throws
 * VigieError FENCED once another worker has taken the run over or it has ended; a lease that merely ran out still counts
 * until then. Payloads above `payloadBytes` throw TOO_LARGE, with what was too large. All throw STORE.
 */
export interface Journal {
  /** Milliseconds since 1970 by the clock that leases, waits and schedules go by. */
  now(): number;
  /** Keeps a playbook under its digest, for good: a run that waits goes by the one it was started with. */
  putDefinition(digest: string, source: string): Promise<void>;
  definition(digest: string): Promise<string | undefined>;

  /** @throws VigieError NOT_FOUND for a digest that nobody put; TOO_MANY_RUNS as `mostOpen` says */
  start(run: NewRun): Promise<'started' | 'exists' | 'skipped'>;
  /** A moment of a schedule is dealt with; false: it was already, by whomever. */
  tick(moment: { schedule: string; at: number }): Promise<boolean>;
  /** The newest moment of a schedule, at or before that one, that was dealt with; undefined: none was. */
  lastTick(schedule: string, until: number): Promise<number | undefined>;
  /** Starts a run for an occasion, or says why not. @throws VigieError NOT_FOUND for a digest that nobody put */
  begin(occasion: Occasion, run: NewRun): Promise<Begun>;
  /** An occasion is over: told within `dismissMs` of that, as by a sender that is late, it starts nothing there. */
  dismiss(over: { what: string; environment: string }): Promise<void>;
  /** One for each playbook and environment at most, the newest first. */
  storms(): Promise<Storm[]>;
  /** The newest start of occasions of that text; undefined: there was none. @see Occasion.like */
  newestAlike(of: { environment: string; name: string; text: string }): Promise<StartedAlike | undefined>;

  /** Takes runs that are ready, whose wait is over, or whose worker is gone; never one whose resources are all held. `only`: that run and those that it called. */
  claim(worker: string, more: { max: number; leaseMs: number; only?: string }): Promise<ClaimedRun[]>;
  /** Says that their worker lives. Gives those that are still its own, with what was asked of them. */
  renew(leases: readonly Lease[], leaseMs: number): Promise<{ lease: Lease; request?: RunRequest }[]>;
  /**
   * Records steps, all or none, and says what was asked of the run meanwhile. The same again changes nothing.
   * @throws VigieError CONFLICT for other content under a path and attempt that are done or failed
   */
  record(lease: Lease, records: readonly NewStepRecord[]): Promise<RunRequest | undefined>;
  /** Takes resources beside those the run has, all or none; false: somebody holds one of them. */
  hold(lease: Lease, resources: readonly string[]): Promise<boolean>;
  /**
   * Counts objects that a step is about to change, for its run and for those that called it, all or none; each counts once
   * for a run. `most`: how many this one may have. Undefined: they count. Otherwise a run that would have more than it may.
   */
  count(
    lease: Lease,
    step: { path: string; objects: readonly string[]; most?: number },
  ): Promise<{ run: string; most: number } | undefined>;
  /**
   * Lets go of a run that waits, and of all it holds. `ready`: it need not wait, and keeps its lease. No wait at all: it was
   * asked to pause; `ready` where somebody resumed it meanwhile. `cancelled`: that was heeded, so it waits like any other.
   */
  park(lease: Lease, waits: readonly Wait[], more?: { cancelled: boolean }): Promise<'parked' | 'ready'>;
  finish(lease: Lease, end: { status: RunEnd; output?: Json }): Promise<void>;

  /**
   * Leaves a message for a run, whether or not it waits. Of several under one `id` the first counts.
   * @throws VigieError NOT_FOUND for a run that never was
   */
  send(message: {
    run: string;
    key: string;
    id: string;
    payload: Json;
  }): Promise<'stored' | 'duplicate' | 'ended'>;
  /** Takes the oldest message under a key and records it as what the step gave, in one; undefined: there is none. */
  take(
    lease: Lease,
    step: { path: string; attempt: number; key: string },
  ): Promise<{ payload: Json } | undefined>;

  /**
   * Asks for a run to be ended or held, which its worker heeds before its next change; or lets it go on. `by`: who holds it
   * from then on, where nobody does or a person asks.
   * @throws VigieError NOT_FOUND; CONFLICT for a run that has ended, a pause of one that is being cancelled, a resume of
   *   one that is not paused
   */
  request(run: string, what: RunRequest | 'resume', more?: { by?: JsonObject }): Promise<void>;
  /**
   * Starts a run anew from what an earlier one recorded, and what counted for it, under the paths of `keep`.
   * @throws VigieError NOT_FOUND; CONFLICT while that one has not ended; TOO_MANY_RUNS as `mostOpen` says
   */
  fork(
    run: string,
    more: {
      id: string;
      keep: readonly string[];
      startedBy: JsonObject;
      digest?: string;
      mostOpen?: number;
    },
  ): Promise<void>;
  /** How many may hold a resource at once. Default 1. */
  limit(resource: string, most: number): Promise<void>;

  get(run: string): Promise<RunView | undefined>;
  /** The newest first. */
  list(query: RunQuery): Promise<RunSummary[]>;
  close(): Promise<void>;
}

/** Of one output, input, message or error as JSON: what is larger belongs in a file, with its hash in the output. */
export const payloadBytes = 1024 * 1024;

/** How long an occasion is known: longer than a playbook may run, and than anybody sends the same again. */
export const occasionMs = 40 * 24 * 3_600_000;

/**
 * How long one that is over starts nothing. Deliveries overtake one another by seconds; what is told minutes after it goes on,
 * and Alertmanager tells of a change within the same group after five minutes.
 */
export const dismissMs = 2 * 60_000;

/** What was written down further ahead than that, by a clock that was set back since, holds nothing up. */
export const aheadMs = 2 * 60_000;

/** Whether something was less than that long ago; what was written down too far ahead was not. */
export function isWithin(at: number, { now, ms }: { now: number; ms: number }): boolean {
  return now - at < ms && at - now <= aheadMs;
}

/** Who starts a run again: somebody else than the first time, and what triggered that one is what its steps still see. */
export function againBy({ id, startedBy }: Pick<RunSummary, 'id' | 'startedBy'>, by: JsonObject): JsonObject {
  const { trigger } = startedBy;
  return { ...by, retryOf: id, ...(trigger === undefined ? {} : { trigger }) };
}

/** Under which key a run is told how the one ended that it called at that path. */
export function childKey(path: string): string {
  return `child:${path}`;
}

/** The path that such a key is about; any other as it is. */
export function childIn(key: string): string {
  return key.replace(/^child:/, '');
}

/** Under which key a run is told that a ticket is over. */
export function ticketKey(ticket: string): string {
  return `ticket:${ticket}`;
}

/** The ticket that such a key is about; undefined: it is about something else. */
export function ticketIn(key: string): string | undefined {
  return /^ticket:(\w+)$/.exec(key)?.[1];
}
