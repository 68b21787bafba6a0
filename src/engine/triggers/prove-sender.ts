import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { resolveSecret } from '../../config/secrets.ts';
import type { Sender } from '../../config/triggers-config.ts';
import { VigieError } from '../../core/errors.ts';

// Signatures are those of Standard Webhooks 1.0: HMAC-SHA-256 over `<webhook-id>.<webhook-timestamp>.<body>`, in the header
// webhook-signature as `v1,<base64>`, several with blanks between. The id is signed, so a delivery that is sent again is
// known by it for longer than its time counts.

/** A clock may be off by that much; what is older was sent by nobody just now. */
const toleranceSeconds = 300;
/** Less is guessed. */
const leastSecretChars = 16;
/** Of a key that is written as base64; the standard makes them of 24 at least. */
const leastKeyBytes = 16;
/** How that standard writes a key of bytes; any other secret is its own text. */
const keyPrefix = 'whsec_';
/** A key is changed by signing with the old and the new one for a while. */
const mostSignatures = 8;

/** What a request says of itself beside its body. */
export type Head = Pick<IncomingHttpHeaders, 'authorization'> & {
  [name: string]: string | string[] | undefined;
};

/** The secret of a sender, read when it is needed: it may be changed under a worker. @throws VigieError SECRET */
export async function secretOf({ name, secret, proof }: Sender, env: NodeJS.ProcessEnv): Promise<string> {
  const value = await resolveSecret(secret, env);
  const why = proof === 'hmac' && value.startsWith(keyPrefix) ? faultOfKey(value) : faultOfText(value);
  if (why === undefined) return value;
  throw new VigieError('SECRET', `${secret.toString()} ${why}.`, {
    hint: 'Make one with: openssl rand -base64 32',
    details: { sender: name },
  });
}

/** Whether `Authorization: Bearer …` holds the secret; nothing of the body is looked at. */
export function holdsBearer(head: Head, secret: string): boolean {
  const sent = /^Bearer (\S{1,1024})$/i.exec(textOf(head, 'authorization'))?.[1];
  return sent !== undefined && isSame(sent, secret);
}

/** Why a body is not signed as it must be; undefined: it is. */
export function faultOfSignature(
  head: Head,
  { body, secret, now }: { body: Buffer; secret: string; now: number },
): string | undefined {
  const id = textOf(head, 'webhook-id');
  const timestamp = textOf(head, 'webhook-timestamp');
  const signatures = textOf(head, 'webhook-signature');
  if (id === '' || timestamp === '' || signatures === '')
    return 'webhook-id, webhook-timestamp and webhook-signature are needed';
  // Checked first, so that a key is never tried on what is too old to count.
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    return `webhook-timestamp is not within ${toleranceSeconds} seconds of this clock`;
  const wanted = createHmac('sha256', keyOf(secret))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest('base64');
  const fits = signatures
    .split(' ', mostSignatures)
    .some(each => each.startsWith('v1,') && isSame(each.slice('v1,'.length), wanted));
  return fits ? undefined : 'webhook-signature does not fit';
}

/** The name that a sender gives a delivery; undefined: none, or one that is no name. */
export function deliveryId(head: Head): string | undefined {
  const id = textOf(head, 'webhook-id');
  return /^[\x21-\x7E]{1,256}$/.test(id) ? id : undefined;
}

/** Hashes are of one length, whatever was sent, and tell nothing by where they differ. */
function isSame(sent: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(sent), hash(wanted));
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(keyPrefix)
    ? Buffer.from(secret.slice(keyPrefix.length), 'base64')
    : Buffer.from(secret);
}

/** What is no base64 would be a key of fewer bytes, or of none, which anybody has. */
function faultOfKey(value: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value.slice(keyPrefix.length))) return `is no base64 after ${keyPrefix}`;
  return keyOf(value).length < leastKeyBytes ? `holds a key of less than ${leastKeyBytes} bytes` : undefined;
}

function faultOfText(value: string): string | undefined {
  return value.trim().length < leastSecretChars
    ? `is shorter than ${leastSecretChars} characters`
    : undefined;
}

function textOf(head: Head, name: string): string {
  const value = head[name];
  return typeof value === 'string' ? value : '';
}
