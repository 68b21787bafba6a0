import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  scrypt,
  sign,
  verify,
} from 'node:crypto';
import { VigieError } from '../core/errors.ts';

/** About half a second and 128 MiB for one guess. Fixed here: a record that could lower them would. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 * 1024 } as const;
const saltBytes = 16;
const seedBytes = 32;

/** DER of an Ed25519 private key (RFC 8410) up to its 32-byte seed, and of a public key up to its 32 bytes. */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A key that exists only while its passphrase is at hand. */
export interface SigningKey {
  /** Raw 32 bytes, base64. */
  publicKey: string;
  /** Base64, to derive the same key again. */
  salt: string;
  /** Ed25519 over the UTF-8 text, base64. */
  sign(text: string): string;
}

export function newSalt(): string {
  return randomBytes(saltBytes).toString('base64');
}

/** The key of a passphrase. The same passphrase typed on another keyboard gives the same key (NFKC). */
export async function deriveKey(input: { passphrase: string; salt: string }): Promise<SigningKey> {
  const salt = Buffer.from(input.salt, 'base64');
  if (salt.length !== saltBytes) {
    throw new VigieError(
      'BAD_SIGNATURE',
      `The salt of an approver is ${salt.length} bytes long, not ${saltBytes}.`,
    );
  }
  const seed = await stretch(input.passphrase.normalize('NFKC'), salt);
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyPrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  seed.fill(0);
  const publicKey = createPublicKey(key)
    .export({ format: 'der', type: 'spki' })
    .subarray(publicKeyPrefix.length)
    .toString('base64');
  return {
    publicKey,
    salt: input.salt,
    sign: text => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** Whether the key signed exactly this text. A malformed key or signature is a no, never an error. */
export function verifySignature(input: { text: string; signature: string; publicKey: string }): boolean {
  const signature = Buffer.from(input.signature, 'base64');
  const key = publicKeyOf(input.publicKey);
  return (
    key !== undefined && signature.length === 64 && verify(null, Buffer.from(input.text), key, signature)
  );
}

function publicKeyOf(text: string): KeyObject | undefined {
  const raw = Buffer.from(text, 'base64');
  if (raw.length !== 32) return undefined;
  return createPublicKey({ key: Buffer.concat([publicKeyPrefix, raw]), format: 'der', type: 'spki' });
}

function stretch(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, seedBytes, cost, (error, seed) =>
      error === null ? resolve(seed) : reject(error),
    );
  });
}
