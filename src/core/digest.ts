import { createHash, createHmac } from 'node:crypto';

/** SHA-256 of the UTF-8 text: 64 hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** HMAC-SHA-256 of a canonical text: 64 hex digits. Without the key nobody can test a guess of what was digested. */
export function hmacHex(key: Uint8Array, canonical: string): string {
  return createHmac('sha256', key).update(canonical, 'utf8').digest('hex');
}
