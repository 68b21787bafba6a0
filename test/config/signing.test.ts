import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveKey, newSalt, verifySignature } from '../../src/config/signing.ts';

const salt = Buffer.alloc(16, 1).toString('base64');

test('a passphrase and its salt give one key, whose signature any Ed25519 implementation takes', async () => {
  const key = await deriveKey({ passphrase: 'my goat eats 3 red hats', salt });
  const again = await deriveKey({ passphrase: 'my goat eats 3 red hats', salt });
  expect(again.publicKey).toBe(key.publicKey);
  const signature = key.sign('yes');
  const x = Buffer.from(key.publicKey, 'base64').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(verify(null, Buffer.from('yes'), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
  expect(verifySignature({ text: 'yes', signature, publicKey: key.publicKey })).toBe(true);
  expect(verifySignature({ text: 'no', signature, publicKey: key.publicKey })).toBe(false);
});

test('another passphrase or another salt gives another key; another way to type the same letters does not', async () => {
  const [composed, decomposed, other, salted] = await Promise.all([
    deriveKey({ passphrase: 'caf\u00e9 caf\u00e9 caf\u00e9', salt }),
    deriveKey({ passphrase: 'cafe\u0301 cafe\u0301 cafe\u0301', salt }),
    deriveKey({ passphrase: 'cafe cafe cafe', salt }),
    deriveKey({ passphrase: 'caf\u00e9 caf\u00e9 caf\u00e9', salt: newSalt() }),
  ]);
  expect(decomposed.publicKey).toBe(composed.publicKey);
  expect(new Set([composed, other, salted].map(key => key.publicKey)).size).toBe(3);
});

test('a malformed key or signature is a no and no error', () => {
  const publicKey = Buffer.alloc(32, 2).toString('base64');
  const signature = Buffer.alloc(64).toString('base64');
  expect(verifySignature({ text: 'x', signature: '', publicKey })).toBe(false);
  expect(verifySignature({ text: 'x', signature, publicKey: 'AAAA' })).toBe(false);
  expect(verifySignature({ text: 'x', signature, publicKey })).toBe(false);
});

test('a salt of another length is refused', async () => {
  await expect(deriveKey({ passphrase: 'x', salt: 'AAAA' })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
});
