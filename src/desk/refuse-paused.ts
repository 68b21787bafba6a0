import { VigieError } from '../core/errors.ts';
import type { ApproverKey } from './desk.ts';

/** @throws VigieError NOT_AN_APPROVER while wrong passphrases hold the person back. */
export function refusePaused({ person, pausedUntil }: ApproverKey): void {
  if (pausedUntil === undefined) return;
  throw new VigieError(
    'NOT_AN_APPROVER',
    `${person} is paused until ${pausedUntil} after wrong passphrases.`,
    { retryable: true },
  );
}
