import type { Actor } from '../core/actor.ts';
import type { RiskLevel } from '../core/preview.ts';
import type { LocalEnd } from '../toolkit/local-end.ts';

/** What a run says of the gate that its step goes under. None of it is believed: the tickets say what was approved. */
export interface CallGate {
  /** Of the step. */
  path: string;
  /** The gate's tickets, that of its first seat first; none: nothing was asked there. */
  tickets: readonly string[];
  /** Groups whose people decide about the step; none: whoever policy lets. */
  from: readonly string[];
  /** How many people the playbook wants. */
  seats: number;
}

/** One call of a tool, from whichever door. */
export interface Call {
  tool: string;
  input: unknown;
  actor: Actor;
  /** Of an MCP client: what tells its connection from every other, also from those of clients of the same name. */
  session?: string;
  signal: AbortSignal;
  /** The largest text the caller takes. */
  budgetBytes: number;
  progress?(message: string): void;
  /** Set only by the terminal: lines go out as they come. */
  stream?(line: string): void;
  /** Set only by the terminal, where this very process is the person's. */
  local?: LocalEnd;
  /** What its change is to be called, drawn by a run of a playbook before it is sent, which so finds it again. Absent: drawn here. */
  changeId?: string;
  /** The set whose schedule came round, set by a tick alone: the call goes under that schedule's approval, or not at all. */
  schedule?: string;
  /** Of a step that a gate of its run is for: it goes under that gate, or by a ticket of its own; policy's allow is not enough. Set by the engine alone. */
  gate?: CallGate;
  /** An MCP client's own prompt; used only where the policy of the environment says `elicitation: true`, for low and medium risk. */
  elicit?(question: {
    summary: string;
    diff: string;
    risk: RiskLevel;
    ticket: string;
    digest: string;
  }): Promise<'accept' | 'decline' | 'unavailable'>;
}
