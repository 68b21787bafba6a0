import type { Actor } from '../core/actor.ts';
import type { RunRequest, RunSummary, RunView } from '../core/journal.ts';
import type { JsonObject } from '../core/json.ts';
import type { Playbook, PlaybookMistake } from '../core/playbook.ts';
import type { RehearsalReport } from '../core/rehearsal.ts';

/** A playbook as it lies there, whether or not it can be run. */
export interface ExaminedPlaybook {
  name: string;
  /** own: of the folder that vigie.yaml names. */
  origin: 'shipped' | 'own';
  /** Absent: what stands there is none. */
  playbook?: Playbook;
  /** Of its definition, 64 hex digits. */
  digest?: string;
  /** None: it can be run. */
  mistakes: readonly PlaybookMistake[];
}

/** A run that somebody wants. */
interface WantedRun {
  name: string;
  environment: string;
  inputs: JsonObject;
}

/** One that was started. */
export interface StartedRun {
  id: string;
  /** Whether this process goes on with it while it lives; else a `vigie worker` has to. */
  goesOnHere: boolean;
}

/** Runs as lists ask for them. */
interface RunsWanted {
  /** Absent: of all environments. */
  environment?: string;
  max: number;
}

/**
 * Playbooks and their runs, for one call: runs in environments that its caller does not see are unknown. Nothing here
 * changes a cluster, and nothing approves.
 */
export interface PlaybookDesk {
  /** All there are, by their names. @throws VigieError PLAYBOOK, INVALID_CONFIG */
  list(): Promise<readonly ExaminedPlaybook[]>;
  /** @throws VigieError INVALID_INPUT: there is none; details: nearest */
  get(name: string): Promise<ExaminedPlaybook>;
  /** One that can be run. @throws VigieError INVALID_INPUT, PLAYBOOK */
  runnable(name: string): Promise<{ playbook: Playbook; digest: string }>;
  /** The tools that steps may call, by their names, whatever the caller itself is offered. */
  tools(): Promise<ReadonlyMap<string, 'read' | 'change'>>;
  /** Whether the policy counts as it stands: else what it allows is asked. */
  policyAccepted(): Promise<boolean>;
  /** Why too few people could agree to what an approval asks there; undefined: enough could. */
  tooFewPeople(asked: { environment: string; from: string[]; min: number }): Promise<string | undefined>;

  /**
   * Plays a run on a copy of its environment. Nothing is written there; what ended well is recorded.
   * @throws VigieError as startRun does; SANDBOX, CANCELLED, and what readers throw
   */
  rehearse(
    wanted: WantedRun,
    doing: { signal: AbortSignal; progress: (message: string) => void },
  ): Promise<RehearsalReport>;
  /**
   * Starts a run in the caller's name. Undefined: another one has not ended, and the playbook says that then none begins.
   * @throws VigieError as startRun does; TOO_MANY_RUNS
   */
  start(wanted: WantedRun): Promise<StartedRun | undefined>;
  /** @throws VigieError NOT_FOUND */
  run(id: string): Promise<RunView>;
  /** By which a run goes, whatever its name means now; undefined: it cannot be read. */
  definitionOf(run: Pick<RunSummary, 'digest'>): Promise<Playbook | undefined>;
  /** The newest first. */
  runs(wanted: RunsWanted): Promise<RunSummary[]>;
  /** Asks whoever goes on with a run. @throws VigieError NOT_FOUND, CONFLICT */
  ask(id: string, what: RunRequest): Promise<void>;
  /** Lets a held run go on, and goes on here with one that nobody goes on with. @throws VigieError NOT_FOUND, CONFLICT */
  resume(id: string): Promise<StartedRun>;
  /**
   * A new run by the definition of an earlier one, from a step on. `from` absent: the first that failed or was taken back.
   * @throws VigieError NOT_FOUND, CONFLICT, INVALID_INPUT, PLAYBOOK
   */
  retry(id: string, more: { from?: string }): Promise<StartedRun>;
}

/** The same for whoever is told who asks: all runs there are. */
export interface PlaybookRuns
  extends Pick<PlaybookDesk, 'list' | 'get' | 'runnable' | 'tools' | 'run' | 'definitionOf'> {
  rehearse(
    wanted: WantedRun,
    doing: { actor: Actor; signal: AbortSignal; progress: (message: string) => void },
  ): Promise<RehearsalReport>;
  start(wanted: WantedRun & { startedBy: JsonObject }): Promise<StartedRun | undefined>;
  /** `environments`: those that are asked about. Absent: all. */
  runs(wanted: { environments?: readonly string[]; max: number }): Promise<RunSummary[]>;
  /** `by`: who asks, as told apart from every other caller. */
  ask(id: string, more: { what: RunRequest; by: JsonObject }): Promise<void>;
  /** @throws VigieError CONFLICT also for one that somebody else holds */
  resume(run: RunSummary, by: JsonObject): Promise<StartedRun>;
  retry(run: RunView, more: { from?: string; startedBy: JsonObject }): Promise<StartedRun>;
}
