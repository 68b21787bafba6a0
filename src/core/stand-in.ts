import { randomUUID } from 'node:crypto';

/** A value that nobody has, to be tried where a caller sent one that may be a guess. It is a name by the rules of DNS too. */
export function newStandIn(): string {
  return `other-${randomUUID()}`;
}

/** Shown, it would look as if the caller had sent it. */
export const standInForm = /\bother-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
