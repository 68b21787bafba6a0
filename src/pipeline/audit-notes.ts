import { cleanLine } from '../core/text.ts';
import { type ProvenAudit, proveAudit } from './prove-audit.ts';
import type { Vigie } from './vigie.ts';

/** A person waits for it: some ten thousand rows are walked by then, and they are told where that was not enough. */
const proofMs = 5_000;
/** Rows may name what somebody wrote into them. */
const flawChars = 300;

/** What is wrong with the audit that an approval is about to go into; nothing where it holds and its witnesses have it. */
export async function auditNotes(vigie: Vigie): Promise<string[]> {
  const signal = AbortSignal.timeout(proofMs);
  let proven: ProvenAudit;
  try {
    proven = await proveAudit(vigie, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return [`the audit was not walked to its end within ${proofMs / 1000} s; vigie audit verify does`];
  }
  if (!proven.ok)
    return [
      `the audit is broken at row ${proven.sequence}: ${cleanLine(proven.what, flawChars)}; vigie audit verify`,
    ];
  return proven.witnesses
    .filter(({ state }) => state === 'lost')
    .map(({ name }) => `${cleanLine(name)} has lost rows of the audit that it took; vigie audit verify`);
}
