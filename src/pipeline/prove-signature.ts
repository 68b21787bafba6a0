import type { Approvers, Tenure } from '../config/approvers.ts';
import { verifySignature } from '../config/signing.ts';
import { limits } from '../core/limits.ts';

/** What a person is said to have signed. */
interface Signed {
  person: string;
  text: string;
  signature: string;
  publicKey: string;
}

/**
 * Why a signature does not count; undefined: it does. `at`: the key must have been that person's then (ISO 8601); absent:
 * it must be so now.
 */
export function faultOf(
  signed: Signed,
  by: { approvers: Pick<Approvers, 'tenures'>; at?: string },
): string | undefined {
  const { person, publicKey } = signed;
  const own = by.approvers.tenures.filter(each => each.person === person && each.publicKey === publicKey);
  if (own.length === 0) return `is signed with a key that was never ${person}'s`;
  const { at } = by;
  const counts =
    at === undefined ? own.some(({ until }) => until === undefined) : own.some(tenure => covers(tenure, at));
  if (!counts) return `is signed by ${person}, who was no approver then`;
  return verifySignature(signed) ? undefined : 'holds a signature that does not fit';
}

/** A shared approvers file may have been written by the clock of another machine. */
function covers(tenure: Tenure, at: string): boolean {
  const time = Date.parse(at);
  const from = Date.parse(tenure.from) - limits.clockSkewMs;
  const until =
    tenure.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(tenure.until) + limits.clockSkewMs;
  return from <= time && time < until;
}
