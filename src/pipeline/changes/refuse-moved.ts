import { VigieError } from '../../core/errors.ts';
import { describeRef, type Ref } from '../../core/ref.ts';

/** @throws VigieError CONFLICT where the environment has another place than the one that a person was shown */
export function refuseElsewhere(target: Ref, { planned, has }: { planned: string; has: string }): void {
  if (planned === has) return;
  throw new VigieError(
    'CONFLICT',
    `${describeRef(target)} was planned for ${planned}; the environment has ${has} now.`,
    { hint: 'Ask for the change anew.' },
  );
}

/** That what stands there is not what was read. */
export function movedSince(target: Ref): VigieError {
  return new VigieError(
    'CONFLICT',
    `${describeRef(target)} was changed by somebody else since it was read.`,
    {
      hint: 'Look at it again, and ask for the change anew.',
    },
  );
}
