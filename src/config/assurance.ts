import type { Assurance } from '../core/actor.ts';

/**
 * What an approval is worth here. Only a side that runs as another OS user and can read neither credentials nor store
 * nor approvers makes it `separated`; whoever cannot be told apart from us is taken to be us.
 */
export function assuranceOf(sides: {
  /** Ours; undefined where the system has no user ids. */
  ourUid: number | undefined;
  /** Of the side that asks; undefined when it is not known (stdio and the terminal are always our own). */
  askingUid: number | undefined;
  /** Files of ours that the asking side can read. */
  readableByAsking: readonly string[];
  /** The first approver signed itself on this account. */
  bootstrapped: boolean;
}): { assurance: Assurance; reasons: string[] } {
  const reasons: string[] = [];
  if (sides.ourUid === undefined || sides.askingUid === undefined) {
    reasons.push('the side that asks cannot be told apart from this account');
  } else if (sides.ourUid === sides.askingUid) {
    reasons.push(`the side that asks runs as the same OS user (uid ${sides.ourUid})`);
  } else if (sides.askingUid === 0) {
    reasons.push('the side that asks runs as root');
  }
  for (const file of sides.readableByAsking) reasons.push(`the side that asks can read ${file}`);
  if (sides.bootstrapped)
    reasons.push('the first approver was added from this account and signed by nobody else');
  return { assurance: reasons.length === 0 ? 'separated' : 'advisory', reasons };
}
