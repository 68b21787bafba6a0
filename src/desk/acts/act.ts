import type { SignedStatement, Statement } from '../../core/approval.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { AskedAct } from '../desk.ts';

type Own<S> = S extends Statement ? Omit<S, 'v' | 'approver' | 'at' | 'auditHead'> : never;

/** What an act says beside who signs it, when, and after which row of the audit. */
type ActContent = Own<Statement>;

/** Something that is no ticket and needs an approver's signature. */
export interface Act {
  act: Statement['act'];
  /** What exactly is to be signed, and the lines that a person reads first. @throws VigieError CONFLICT where there is nothing to sign */
  prepare(vigie: Vigie, asked: AskedAct): Promise<{ content: ActContent; shows: string[] }>;
  /** Makes it so and records it; answers what is so now. The signature is verified already. @throws VigieError CONFLICT */
  commit(vigie: Vigie, at: { signed: SignedStatement; why: string; facts: JsonObject }): Promise<string>;
}
