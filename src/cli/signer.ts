import { osUser } from '../config/os-user.ts';
import { deriveKey, type SigningKey } from '../config/signing.ts';
import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';
import type { ApproverKey } from '../desk/desk.ts';
import type { Tty } from './tty.ts';

/** An approver whose passphrase was just typed. */
export interface Signer {
  person: string;
  key: SigningKey;
}

/** Who is about to sign: the one named, else the OS user, else the only approver. @throws VigieError NOT_AN_APPROVER */
export function chooseApprover(approvers: readonly ApproverKey[], named: string | undefined): ApproverKey {
  const wanted = named ?? osUser();
  const found = approvers.find(approver => approver.person === wanted);
  if (found !== undefined) return found;
  const [only] = approvers;
  if (named === undefined && only !== undefined && approvers.length === 1) return only;
  if (only === undefined) {
    throw new VigieError('NOT_AN_APPROVER', 'There is no approver yet, so nobody can decide here.', {
      hint: trusted`vigie approvers add ${osUser()}`,
    });
  }
  const names = approvers.map(approver => approver.person);
  throw new VigieError('NOT_AN_APPROVER', `${wanted} is not an approver; these are: ${names.join(', ')}.`, {
    hint: trusted`Add --as with one of these names, or let one of them add ${wanted}: vigie approvers add ${wanted}`,
  });
}

// An Enter too many, typed for the pager, must not end it; a finger that rests on the key must.
const mostBlanks = 3;

/**
 * Asks for the approver's passphrase until it opens their key. `wrong` counts a failed try and answers how many are
 * left; at none the last error is thrown. @throws VigieError WRONG_PASSPHRASE, CANCELLED
 */
export async function askForKey(
  tty: Tty,
  asked: { approver: ApproverKey; purpose: string; wrong(): Promise<{ attemptsLeft: number }> },
): Promise<Signer> {
  try {
    return await askUntilRight(tty, asked);
  } finally {
    tty.restore();
  }
}

async function askUntilRight(tty: Tty, asked: Parameters<typeof askForKey>[1]): Promise<Signer> {
  const { approver } = asked;
  let blanks = 0;
  for (;;) {
    const passphrase = await tty.askHidden(`Passphrase of ${approver.person}, to ${asked.purpose}: `);
    if (passphrase === '') {
      blanks += 1;
      if (blanks >= mostBlanks)
        throw new VigieError('CANCELLED', 'Nothing was decided: no passphrase was typed.');
      tty.say('Nothing was typed; Ctrl-C leaves.');
      continue;
    }
    const key = await deriveKey({ passphrase: normalise(passphrase), salt: approver.salt });
    if (key.publicKey === approver.publicKey) return { person: approver.person, key };
    const { attemptsLeft } = await asked.wrong();
    const error = new VigieError('WRONG_PASSPHRASE', `That is not the passphrase of ${approver.person}.`, {
      details: { attemptsLeft },
      hint:
        attemptsLeft > 0
          ? trusted`${attemptsLeft} more wrong tries void the ticket and pause ${approver.person}.`
          : trusted`${approver.person} is paused for 15 minutes.`,
    });
    if (attemptsLeft <= 0) throw error;
    tty.say(`${error.message} ${attemptsLeft} left.`);
  }
}

/** Generated words are lower case and apart by one blank, however they were typed in; an own phrase stays as it is. */
export function normalise(passphrase: string): string {
  const words = passphrase.trim().split(/\s+/);
  const generated = words.length > 1 && words.every(word => /^[a-zA-Z]{5}$/.test(word));
  return generated ? words.join(' ').toLowerCase() : passphrase;
}
