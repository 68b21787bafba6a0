import { VigieError } from '../core/errors.ts';
import type { SigningKey } from './signing.ts';

/** A person whose signature counts. */
export interface Approver {
  person: string;
  /** Ed25519, raw 32 bytes, base64. */
  publicKey: string;
  /** Of the passphrase, base64. */
  salt: string;
  addedAt: string;
  /** The approver who signed this entry; the person itself for the first one. */
  addedBy: string;
  /** The processes it was added from, `claude > bash > vigie`. */
  via: string;
  /** By the key of `addedBy`, base64. */
  signature: string;
}

/** The approvers in force. */
export interface Approvers {
  file: string;
  list: readonly Approver[];
  /** True: the first approver signed itself on this account, so approvals here are advisory. */
  bootstrapped: boolean;
}

export async function loadApprovers(_file: string): Promise<Approvers> {
  throw new VigieError('INTERNAL', 'not built yet');
}

export async function addApprover(_input: {
  file: string;
  person: string;
  key: SigningKey;
  /** An approver of now; absent only for the first. */
  by?: { person: string; key: SigningKey };
  via: string;
  now: Date;
}): Promise<Approver> {
  throw new VigieError('INTERNAL', 'not built yet');
}

export async function removeApprover(_input: {
  file: string;
  person: string;
  by: { person: string; key: SigningKey };
  now: Date;
}): Promise<void> {
  throw new VigieError('INTERNAL', 'not built yet');
}
