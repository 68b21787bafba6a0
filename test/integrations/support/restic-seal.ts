import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The three keys by which a restic repository seals: 32 bytes that encrypt, 16 and 16 that authenticate. */
export interface SealKeys {
  encrypt: Buffer;
  k: Buffer;
  r: Buffer;
}

const nonceBytes = 16;
const macBytes = 16;

/** What was sealed (nonce, AES-256-CTR, MAC); restic is who checks the MAC. */
export function openSealed(sealed: Buffer, { encrypt }: SealKeys): Buffer {
  const cipher = createDecipheriv('aes-256-ctr', encrypt, sealed.subarray(0, nonceBytes));
  return cipher.update(sealed.subarray(nonceBytes, -macBytes));
}

/** Seals as restic's design document says: AES-256-CTR, and Poly1305-AES over what came of it. */
export function seal(plain: Buffer, keys: SealKeys): Buffer {
  const nonce = randomBytes(nonceBytes);
  const body = createCipheriv('aes-256-ctr', keys.encrypt, nonce).update(plain);
  return Buffer.concat([nonce, body, poly1305Aes(body, { nonce, keys })]);
}

function poly1305Aes(body: Buffer, { nonce, keys }: { nonce: Buffer; keys: SealKeys }): Buffer {
  const pad = numberOf(createCipheriv('aes-128-ecb', keys.k, null).setAutoPadding(false).update(nonce));
  // These bits of r are always clear, by the definition of Poly1305.
  const r = numberOf(keys.r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const prime = (1n << 130n) - 5n;
  let sum = 0n;
  for (let at = 0; at < body.length; at += 16)
    sum = ((sum + numberOf(Buffer.concat([body.subarray(at, at + 16), Buffer.of(1)]))) * r) % prime;
  const tag = (sum + pad) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(2 * macBytes, '0'), 'hex').reverse();
}

/** Of bytes with the least one first. */
function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
