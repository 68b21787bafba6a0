import * as z from 'zod';

/** What namespaces, Services and containers are called by, and our own environments, sets and services too. */
const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Such a name; `problem` says what one that does not fit is not. */
export function labelOf(problem: string): z.ZodString {
  return z.string().regex(dnsLabel, problem);
}

/** A name that the file chooses. */
export const ownName = labelOf('must be lower-case letters, digits and dashes, at most 63');

export const namespaceName = labelOf('is no name of a namespace');
