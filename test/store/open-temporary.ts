import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ApprovalPayload, SignedApproval } from '../../src/core/approval.ts';
import type { Keys } from '../../src/core/keys.ts';
import { openStore, type Store } from '../../src/store/store.ts';

export const sampleKeys: Keys = { seal: Buffer.alloc(32, 7), digest: Buffer.alloc(32, 9) };

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store of its own, and a clock that only the test moves. */
export async function openTemporary(): Promise<{
  store: Store;
  file: string;
  clock: { at: Date; advance(ms: number): void };
}> {
  const file = join(await temporaryFolder(), 'vigie.db');
  const clock = {
    at: new Date('2026-11-21T10:00:00Z'),
    advance(ms: number) {
      this.at = new Date(this.at.getTime() + ms);
    },
  };
  const store = await openStore({ file, keys: sampleKeys, now: () => clock.at });
  onTestFinished(() => store.close());
  return { store, file, clock };
}

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
