import { limits } from '../core/limits.ts';
import type { Redactor } from '../core/redaction.ts';

/** A piece of evidence as it is kept: masked, and the end of it where it is long; masked first, since half a secret is known to nobody. */
export function keptEvidence(text: string, redactor: Redactor): string {
  const masked = redactor.text(text);
  if (masked.length <= limits.evidenceChars) return masked;
  const end = masked.slice(-limits.evidenceChars);
  // What the cut went through is a word that somebody might complete.
  const whole = end.slice(end.search(/\s/) + 1);
  return `… ${masked.length - whole.length} characters before\n${whole}`;
}
