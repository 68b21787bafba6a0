import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';

const whyChars = 200;

/** `why` may hold what a program or a server said, and never a token. */
export function trouble(witness: string, why: string): VigieError {
  const said = cleanLine(why, whyChars).replace(/\.+$/, '');
  return new VigieError('WITNESS', `The witness ${witness} cannot be used: ${said}.`, {
    hint: 'Run `vigie doctor`; what it has not seen yet is told to it later.',
    details: { witness, why: said },
    retryable: true,
  });
}
