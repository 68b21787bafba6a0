import type { ClaimedRun, Journal, Lease, NewStepRecord } from '../../core/journal.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { PlaybookAction } from '../../core/playbook.ts';
import type { CallResult } from '../../core/result.ts';
import type { CallGate } from '../../pipeline/call.ts';
import type { GateOrder } from '../../pipeline/propose-gate.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { isUnder } from './is-under.ts';
import { Records, undoPath } from './records.ts';
import type { Scope } from './scope.ts';
import type { StepFailure } from './step-end.ts';
import { StepGates } from './step-gates.ts';

/** One call of a tool in a run's name. It enters where every call enters. */
export type CallTool = (call: {
  /** In whose name. */
  run: Pick<ClaimedRun, 'name' | 'environment' | 'startedBy'> & { id: string };
  tool: string;
  input: JsonObject;
  /** Drawn before anything is sent, so that a change that was on its way is found again. Absent for reads. */
  changeId?: string;
  /** Of a step that people were asked about at a gate. */
  gate?: CallGate;
  signal: AbortSignal;
}) => Promise<CallResult>;

/** What a run asks people about before it comes to it. */
export type GateQuestion = Pick<GateOrder, 'ids' | 'path' | 'calls' | 'from' | 'expiresSeconds'>;

/** What going on with a run needs, whatever its steps are. */
export interface Surroundings {
  journal: Journal;
  tools: ReadonlyMap<string, Tool>;
  call: CallTool;
  /** Closes a ticket that a run which ends asked for, if it is still open. */
  withdraw: (ticket: string, run: string) => Promise<void>;
  /** Tickets that let a run make changes later. */
  gates: {
    /** Asks for them: one answer for each, or one why there is none. */
    propose: (
      question: GateQuestion & Pick<Parameters<CallTool>[0], 'run' | 'signal'>,
    ) => Promise<CallResult[]>;
    /** Ends those of a run, or of one of its steps: nothing goes under them from then on. */
    end: (of: { run: string; path?: string }) => Promise<void>;
  };
  /** The run that asked for a change; undefined: none did. */
  runBehind: (change: string) => Promise<string | undefined>;
  /** Looks at changes whose process is gone, so that they are not on their way for good. */
  recover: (signal: AbortSignal) => Promise<void>;
  now: () => number;
  /** A name that no other change has. */
  newChangeId: () => string;
  /** A playbook by its name as it is now, checked, for a run of its own. @throws VigieError INVALID_INPUT, PLAYBOOK */
  definitionOf: (name: string) => Promise<{ digest: string; source: string }>;
  /** Tells a person who watches. */
  said?: (line: { run: string; path: string; text: string }) => void;
}

/** A change that a run made, and what its author says would take it back. */
export interface Undoable {
  path: string;
  attempt: number;
  at: number;
  change: string;
  undo: PlaybookAction['undo'];
  /** What its arguments are filled in from. */
  scope: Scope;
}

/** One run in the hands of one worker. */
export class RunContext {
  readonly lease: Lease;
  readonly name: string;
  readonly environment: string;
  readonly startedBy: JsonObject;
  readonly records: Records;
  readonly around: Surroundings;
  /** Ends with the lease, or when somebody stops the worker. */
  readonly signal: AbortSignal;
  /** How many objects it may change; undefined: as many as policy lets it. */
  readonly maxTargets: number | undefined;
  readonly gates = new StepGates();
  #asked: 'cancel' | 'pause' | undefined;
  #cleans = false;
  #heeds = false;
  #hurries = false;
  readonly #lookedBack = new Set<string>();
  #undoable: Undoable[] = [];
  #saidLast = { path: '', text: '' };
  readonly #missed = new Set<string>();
  readonly #called: boolean;
  readonly #bounds = new Map<string, number>();

  constructor(parts: {
    claimed: ClaimedRun;
    around: Surroundings;
    signal: AbortSignal;
    maxTargets: number | undefined;
  }) {
    const { lease, name, environment, startedBy, steps, request, parent } = parts.claimed;
    this.lease = lease;
    this.name = name;
    this.environment = environment;
    this.startedBy = startedBy;
    this.records = new Records(steps);
    this.around = parts.around;
    this.signal = parts.signal;
    this.maxTargets = parts.maxTargets;
    this.#called = parent !== undefined;
    this.#asked = request;
  }

  /** What somebody asked of the run; heeded before each step. */
  get asked(): 'cancel' | 'pause' | undefined {
    return this.#asked;
  }

  /** Heard by whoever renews the lease. */
  hear(request: 'cancel' | 'pause' | undefined): void {
    this.#asked = request;
  }

  /** Whether nothing further may begin there: it is over, the lease is gone, or the run is to be held or ended. */
  stopsAt(path: string): boolean {
    if (this.looksBackAt(path)) return true;
    return this.signal.aborted || (this.#asked !== undefined && !(this.#cleans && this.#asked === 'cancel'));
  }

  /**
   * From here on the run cleans up, and no cancel stops it. `cancelled`: one ended the steps, so it cleans up as any other.
   * One that came later is heeded too: it hurries.
   */
  cleanUp({ cancelled }: { cancelled: boolean }): void {
    this.#cleans = true;
    this.#hurries = !cancelled && this.#asked === 'cancel';
    this.#heeds = cancelled || this.#hurries;
  }

  /** Whether a cancel has been heeded; one that came since has not. */
  get heeds(): boolean {
    return this.#heeds;
  }

  /** Whether somebody ended the run while it cleaned up: it goes on with that, and waits for no person. */
  get hurries(): boolean {
    return this.#hurries;
  }

  /** Whether only what was recorded is gone through of what a path belongs to. */
  looksBackAt(path: string): boolean {
    return [...this.#lookedBack].some(of => isPart(path, of));
  }

  /** Nothing of that step begins past that moment; of an empty path, nothing of the steps of the run. */
  bound(path: string, until: number): void {
    this.#bounds.set(path, until);
  }

  /** When the time was over of what a path belongs to; undefined: something may still begin there. What cleans up may. */
  overSince(path: string): number | undefined {
    const now = this.around.now();
    const over = [...this.#bounds].find(([of, until]) => now >= until && isPart(path, of));
    return over?.[1];
  }

  /** One call in the run's name. */
  async call(call: Omit<Parameters<CallTool>[0], 'run' | 'signal'>): Promise<CallResult> {
    return this.around.call({ ...call, ...this.#behalf() });
  }

  /** Asks people at a gate, in the run's name. */
  async ask(question: GateQuestion): Promise<CallResult[]> {
    return this.around.gates.propose({ ...question, ...this.#behalf() });
  }

  /** In whose name, and for how long. */
  #behalf(): Pick<Parameters<CallTool>[0], 'run' | 'signal'> {
    const { lease, name, environment, startedBy, signal } = this;
    return { run: { id: lease.run, name, environment, startedBy }, signal };
  }

  /** For a person who watches. */
  say(line: { path: string; text: string }): void {
    this.#saidLast = line;
    this.around.said?.({ run: this.lease.run, ...line });
  }

  /** Goes through what was recorded of a step, and begins nothing of it; beside it others go on. Of an empty path: of the run. */
  async lookingBack<T>(path: string, through: () => Promise<T>): Promise<T> {
    this.#lookedBack.add(path);
    try {
      return await through();
    } finally {
      this.#lookedBack.delete(path);
    }
  }

  /**
   * Counts objects for the run and for those that called it: steps and runs side by side must not both be the last one. The
   * run that would change more than it may; undefined: none. What takes a change back may always.
   * @throws VigieError FENCED, STORE
   */
  async count(at: {
    path: string;
    objects: readonly string[];
  }): Promise<{ run: string; most: number } | undefined> {
    const most = this.maxTargets;
    if ((most === undefined && !this.#called) || at.path.startsWith(undoPath)) return undefined;
    return this.around.journal.count(this.lease, { ...at, ...(most === undefined ? {} : { most }) });
  }

  /** Notes what would take a change back that stands now. */
  stands(undoable: Undoable): void {
    this.#undoable = [...this.#undoable.filter(({ change }) => change !== undoable.change), undoable];
  }

  /** Notes that nobody can say what a step did that was gone through: it is not taken back. */
  misses(path: string): void {
    this.#missed.add(path);
  }

  /** The paths at which something was changed, and nobody can say what takes it back. */
  missed(): string[] {
    const known = new Set(this.#undoable.map(({ path }) => path));
    return [...this.#missed, ...this.records.pathsOfChanges().filter(path => !known.has(path))];
  }

  /** What stands, the newest first; of one moment, what comes later in the playbook. */
  standing(): Undoable[] {
    return this.#undoable.toReversed().toSorted((a, b) => b.at - a.at);
  }

  /** @throws VigieError FENCED, TOO_LARGE, STORE */
  async record(record: NewStepRecord): Promise<void> {
    this.#asked = (await this.around.journal.record(this.lease, [record])) ?? this.#asked;
    this.records.add({ ...record, at: this.around.now() });
  }

  async done(path: string, { attempt = 1, output }: { attempt?: number; output: Json }): Promise<void> {
    await this.record({ path, attempt, state: 'done', output });
  }

  /** `whole`: the step that so fails, where it is noted elsewhere than at its own path; empty: the run. */
  async failed(
    path: string,
    { attempt = 1, failure, whole = path }: { attempt?: number; failure: StepFailure; whole?: string },
  ): Promise<void> {
    const text = `failed: ${failure.message}`;
    // What holds a step fails with what failed in it, and the run with that: it is said once.
    const { path: within, text: said } = this.#saidLast;
    if (text !== said || !isPart(within, whole)) this.say({ path, text });
    await this.record({ path, attempt, state: 'failed', error: { ...failure } });
  }
}

/** Of an empty path every step is a part, and nothing that cleans up. */
function isPart(path: string, of: string): boolean {
  return of === '' ? !path.startsWith('.') : isUnder(path, of);
}
