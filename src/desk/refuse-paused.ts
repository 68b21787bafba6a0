import { VigieError } from '../core/errors.ts';
import type { ApproverKey } from './desk.ts';

/** @throws VigieError WRONG_PASSPHRASE while wrong passphrases hold the person back. */
export function refusePaused({ person, pausedUntil }: ApproverKey): void {
  if (pausedUntil === undefined) return;
  throw new VigieError(
    'WRONG_PASSPHRASE',
    `${person} is paused until ${pausedUntil} after wrong passphrases.`,
    {
      hint: 'Another approver can sign meanwhile: add --as with their name.',
      details: { attemptsLeft: 0 },
      retryable: true,
    },
  );
}
