import type { ApprovalPayload, SignedApproval } from '../../src/core/approval.ts';
import type { Keys } from '../../src/core/keys.ts';
import type { StorePlace } from '../../src/store/database.ts';

export const sampleKeys: Keys = {
  seal: Buffer.alloc(32, 7),
  digest: Buffer.alloc(32, 9),
  copies: Buffer.alloc(32, 5),
};

export function sampleApproval(some: Partial<ApprovalPayload> = {}): SignedApproval {
  const payload: ApprovalPayload = {
    v: 1,
    ticket: 'k0000000',
    digest: 'd',
    environment: 'prod',
    cluster: 'c1',
    decision: 'approve',
    approver: 'bob',
    expiresAt: '2026-11-21T11:00:00.000Z',
    policyHash: 'p',
    auditHead: 'h',
    ...some,
  };
  return { payload, signature: 'c2ln', publicKey: 'a2V5' };
}

/** The place that a process was told: a path or a URL. */
export function placeOf(word: string): StorePlace {
  return word.startsWith('postgres:') ? { postgres: word } : { file: word };
}
