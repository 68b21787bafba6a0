import type { Actor } from '../core/actor.ts';
import type { RiskLevel } from '../core/preview.ts';
import type { CallResult } from '../core/result.ts';
import { VigieError } from '../core/errors.ts';
import type { Vigie } from './vigie.ts';

/** One call of a tool, from whichever door. */
export interface Call {
  tool: string;
  input: unknown;
  actor: Actor;
  signal: AbortSignal;
  /** The largest text the caller takes. */
  budgetBytes: number;
  progress?(message: string): void;
  /** Set only by the terminal: lines go out as they come. */
  stream?(line: string): void;
  /** An MCP client's own prompt; used only where the policy of the environment says `elicitation: true`, for low and medium risk. */
  elicit?(question: { summary: string; diff: string; risk: RiskLevel; ticket: string; digest: string }): Promise<'accept' | 'decline' | 'unavailable'>;
}

/** The way of every call, read top to bottom. Never throws but for a bug: what the caller can mend is a failed result. */
export async function runTool(vigie: Vigie, call: Call): Promise<CallResult> {
  void vigie;
  throw new VigieError('INTERNAL', `not built yet: ${call.tool}`);
}
