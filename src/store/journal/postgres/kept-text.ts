import { createHash } from 'node:crypto';

// A text of PostgreSQL holds no NUL and no half of a surrogate pair; texts of playbooks and clusters may. Both are written
// as a backslash and their number, and a backslash too, so that no two texts become one.

/** Of a text that is looked up by: an entry of an index holds no more than 2,704 bytes, and some hold two texts. */
const keyChars = 250;

export function kept(text: string): string {
  return text.replace(
    /[\0\\]|\p{Surrogate}/gu,
    found => `\\${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function given(text: string): string {
  return text.replace(/\\([0-9a-f]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** As kept, and where it is long, its beginning with its hash: nobody reads back more of it. */
export function keptKey(text: string): string {
  if (text.length <= keyChars) return kept(text);
  return `${kept(text.slice(0, keyChars))}#${createHash('sha256').update(kept(text)).digest('hex')}`;
}
