import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CopyName, SignedBy } from '../core/copies.ts';

// Whoever may write at a destination could put a copy or a report there that looks like ours. So both end with a code over
// every byte before it, by a key that no destination knows. It is a field of the JSON: people read it, and so does whoever
// knows nothing of it.

/** What a code is for: a report can never be shown as a manifest, nor a copy of staging as one of production. */
export type Document = CopyName & { what: 'manifest' | 'report'; environment: string };

/** A key by its id, which says nothing about it. */
export interface CopyKey {
  id: string;
  key: Uint8Array;
}

/** `signs`: what new documents are signed with; `counts`: by which of them one is ours, where it is of that environment. */
export interface CopyKeys {
  environment: string;
  signs: CopyKey;
  counts: readonly CopyKey[];
}

const idChars = 16;

/** A key of 32 bytes with its id. */
export function copyKey(key: Uint8Array): CopyKey {
  return { id: createHmac('sha256', key).update('vigie key id').digest('hex').slice(0, idChars), key };
}

/** The same document with its code: a JSON object that was written over several lines. */
export function signDocument(
  text: string,
  { signs, of }: Pick<CopyKeys, 'signs'> & { of: Document },
): string {
  const body = /^(\{.*\S)\s*\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw new Error('only an object of JSON that holds something can be signed');
  return `${body}${opening}{"key": "${signs.id}", "environment": "${of.environment}", "hmacSha256": "${codeOf(body, { key: signs.key, of })}"}\n}\n`;
}

/** Whose code a document ends with, as it was read back for that place. */
export function whoSigned(
  text: string,
  { counts, of }: Pick<CopyKeys, 'counts'> & { of: Document },
): SignedBy {
  const at = text.lastIndexOf(opening);
  const [, id, environment, code] = at < 0 ? [] : (ending.exec(text.slice(at + opening.length)) ?? []);
  if (id === undefined || environment === undefined || code === undefined) return { whose: 'nobody' };
  const ours = counts.find(each => each.id === id);
  if (ours === undefined) return { whose: 'another', key: id };
  const right = codeOf(text.slice(0, at), { key: ours.key, of: { ...of, environment } });
  const fits = timingSafeEqual(Buffer.from(right, 'hex'), Buffer.from(code, 'hex'));
  if (!fits) return { whose: 'changed', key: id };
  return environment === of.environment ? { whose: 'ours', key: id } : { whose: 'elsewhere', environment };
}

const opening = ',\n "mac": ';
// As environments are called.
const ending =
  /^\{"key": "([0-9a-f]{16})", "environment": "([a-z0-9-]{1,63})", "hmacSha256": "([0-9a-f]{64})"\}\n\}\n?$/;

/** The place is part of it: what was signed for one copy of one set of one environment says nothing at another. */
function codeOf(body: string, { key, of }: { key: Uint8Array; of: Document }): string {
  const place = `vigie copy\0${of.what}\0${of.environment}\0${of.set}\0${of.copy}\0`;
  return createHmac('sha256', key).update(place).update(body).digest('hex');
}
