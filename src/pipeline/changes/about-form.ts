import { VigieError } from '../../core/errors.ts';
import { isObject, plainText } from '../../core/json.ts';

/** What a schema says of a value whatever stood there before: an enumeration, a pattern, a length. */
const ofForm = /^(?:Unsupported value|Too long|Too short)\b| in body should (?:match|be (?:at|one of))/;

/**
 * Whether a refusal says nothing but that a value has not the form of its field. Then a stand-in was refused for itself,
 * and nothing can be told from it of what stands there.
 */
export function isAboutForm(error: unknown): boolean {
  if (!(error instanceof VigieError) || error.code !== 'REJECTED_BY_SERVER') return false;
  const { causes } = error.details;
  return (
    Array.isArray(causes) &&
    causes.length > 0 &&
    causes.every(cause => isObject(cause) && ofForm.test(plainText(cause['message'])))
  );
}
