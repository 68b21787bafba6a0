import type { Json } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import type { Event } from '../kubernetes/kinds/event.ts';

// A quote is cut when it has been masked (finding-size.ts): half of a secret is not known for one. Longer than this is
// no setting and no message that anybody reads.
const quoteChars = 4_000;

/** A field of an object as evidence: `spec.replicas: 0`. */
export function quoteField(path: string, value: Json | undefined): string {
  const shown = value === undefined ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value);
  return cleanLine(`${path}: ${shown}`, quoteChars);
}

/** What the cluster said: `FailedScheduling: 0/3 nodes are available …`. */
export function quoteEvent({ reason = '', message = '' }: Pick<Event, 'reason' | 'message'>): string {
  return cleanLine(`${reason}: ${message}`, quoteChars);
}

/** A line that a container wrote. */
export function quoteLine(container: string, line: string): string {
  return cleanLine(`log of ${container}: ${line}`, quoteChars);
}
