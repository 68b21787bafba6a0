import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';

/** Where the next page of a list starts. */
export interface Cursor {
  /** The namespace it stands in; undefined where one request covers all. */
  namespace?: string;
  /** The server's own token; undefined: at the start of the namespace. */
  token?: string;
}

// A server's token holds a name, a namespace and a version.
const cursorChars = 4_096;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws VigieError INVALID_INPUT */
export function readCursor(text: string | undefined): Cursor {
  if (text === undefined) return {};
  try {
    const value: unknown =
      text.length > cursorChars ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isObject(value)) {
      const { namespace, token } = value;
      return {
        ...(typeof namespace === 'string' ? { namespace } : {}),
        ...(typeof token === 'string' ? { token } : {}),
      };
    }
  } catch {
    // Said below, the same for all that is none.
  }
  throw new VigieError('INVALID_INPUT', 'The cursor is not one that a list gave', {
    hint: 'Take the cursor of the page before as it is, or list from the start.',
  });
}

/** The namespaces from the cursor on. Sorted, so that one that came or went meanwhile moves no other. */
export function namespacesFrom(namespaces: readonly string[], cursor: Cursor): string[] {
  const { namespace } = cursor;
  const sorted = [...namespaces].sort();
  return namespace === undefined ? sorted : sorted.filter(name => name >= namespace);
}
