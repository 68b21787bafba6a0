import type { RunView } from '../core/journal.ts';
import type { JsonObject } from '../core/json.ts';
import type { Policy } from '../core/policy.ts';
import type { CallResult } from '../core/result.ts';
import type { Sandbox } from '../sandbox/server.ts';
import type { World } from '../sandbox/world.ts';
import type { ChangeRecord } from '../store/change-reader.ts';
import type { Surroundings } from './interpreter/run-context.ts';
import type { RunOrder } from './start-run.ts';

/** A playbook that is to be played to its end in a simulated cluster of its own, by a Vigie of its own. */
export interface PlayOrder
  extends Pick<RunOrder, 'playbook' | 'digest' | 'source' | 'inputs'>,
    Pick<Surroundings, 'definitionOf' | 'said'> {
  world: World;
  /** When it begins by the clock of its cluster, ms since epoch. Absent: now. */
  startsAtMs?: number;
  /** Done to the cluster before the run begins: what is broken in it. Absent: nothing. */
  before?: (sandbox: Sandbox, call: Played['call']) => Promise<void>;
  /** Done to it while the run goes on, each so long after its start. */
  meanwhile?: readonly { afterMs: number; happens: (sandbox: Sandbox) => Promise<void> }[];
  /** What becomes of what a person is asked, or who is. Absent: given. */
  approvals?: Answer | ((asked: ChangeRecord) => Promise<Answer>);
  /** Whose name and rules hold in it. What is absent: of `demo`, where every change that is more than small is asked about. */
  environment?: Partial<PlayedEnvironment>;
  /** Kinds of which Vigie is refused every object there (403). Absent: none. */
  unread?: readonly string[];
  /** Absent: a person. */
  startedBy?: JsonObject;
  /** Stops it: CANCELLED. */
  signal: AbortSignal;
}

type Answer = 'given' | 'refused';

/** The environment that a play stands for. `namespaces` absent: all. */
export interface PlayedEnvironment {
  name: string;
  rules: Policy;
  namespaces: readonly string[] | undefined;
  clusterScoped: boolean;
  /** False: as where no approver has accepted the rules, nothing goes without being asked about. Absent: they are. */
  accepted?: boolean;
  /** Aliases of secrets; each stands for a placeholder. Absent: none. */
  secretAliases?: readonly string[];
}

/** What a play came to, while its cluster still stands. */
export interface Played {
  run: RunView;
  /** The runs that it called. */
  called: readonly RunView[];
  /** All that was changed or asked for, the oldest first. */
  changes: readonly ChangeRecord[];
  /** The tickets that were answered by themselves: outside of a sandbox, a person is asked. */
  assumed: readonly string[];
  /** From the start of the run to its end, by the clock of the simulated cluster. */
  tookMs: number;
  sandbox: Sandbox;
  /** Asks the Vigie of the play, as an agent would. */
  call: (tool: string, input: JsonObject) => Promise<CallResult>;
}

/** Plays it, hands what it came to to `use`, and leaves nothing behind. @throws VigieError CANCELLED, SANDBOX, INVALID_INPUT */
export type Play = <T>(order: PlayOrder, use: (played: Played) => Promise<T>) => Promise<T>;
