import type { KubeObject } from '../../kubernetes/object.ts';
import type { Operation } from './controller.ts';

type Tell = (about: KubeObject, words: { reason: string; message: string }) => Operation & { do: 'event' };

/** The events of one controller: `tell` says what it did or saw, `warn` what it could not do. */
export function eventsFrom(from: string): { tell: Tell; warn: Tell } {
  const event =
    (type: 'Normal' | 'Warning'): Tell =>
    (about, { reason, message }) => ({ do: 'event', about, type, reason, message, from });
  return { tell: event('Normal'), warn: event('Warning') };
}
