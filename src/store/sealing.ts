import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { VigieError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';

// A sealed blob is: format byte 1, 12 bytes nonce, 16 bytes tag, ciphertext (AES-256-GCM). What it belongs to is
// authenticated with it, so a blob moved to another row or column does not open.

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/** `label` is what the blob belongs to: `plan k3x9qf2m`, `way back k3x9qf2m 0`. */
export function seal(value: unknown, under: { key: Uint8Array; label: string }): Uint8Array {
  const { key, label } = under;
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(`vigie ${format} ${label}`));
  const sealed = Buffer.concat([cipher.update(canonicalJson(value), 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), sealed]);
}

/** @throws VigieError STORE when key, label or bytes do not fit */
export function unseal(blob: Uint8Array, under: { key: Uint8Array; label: string }): unknown {
  const { key, label } = under;
  try {
    if (blob[0] !== format || blob.length < headerBytes) throw new Error('unknown format');
    const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(1, 1 + nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(`vigie ${format} ${label}`));
    decipher.setAuthTag(blob.subarray(1 + nonceBytes, headerBytes));
    const text = Buffer.concat([decipher.update(blob.subarray(headerBytes)), decipher.final()]).toString(
      'utf8',
    );
    const value: unknown = JSON.parse(text);
    return value;
  } catch (cause) {
    throw new VigieError(
      'STORE',
      `What the store keeps sealed for the ${label} does not open: the key is another, or the data was changed.`,
      {
        hint: 'Run `vigie doctor`; the key lies in keys/installation.key of VIGIE_HOME.',
        cause,
      },
    );
  }
}
