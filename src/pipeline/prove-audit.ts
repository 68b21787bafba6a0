import { verifySignature } from '../config/signing.ts';
import { signedText } from '../core/approval.ts';
import type { AuditVerdict } from '../store/audit.ts';
import type { Vigie } from './vigie.ts';

/** Walks the audit chain: every hash, every link, every approval's signature and the row it pins, and the head kept elsewhere. */
export async function proveAudit(vigie: Vigie, expected: { head?: string } = {}): Promise<AuditVerdict> {
  const { audit } = await vigie.store();
  return audit.verify({
    ...expected,
    signatureFits: ({ payload, signature, publicKey }) =>
      verifySignature({ text: signedText(payload), signature, publicKey }),
  });
}
