import { VigieError } from '../../core/errors.ts';

/** Whether a line is wanted. */
export type LineFilter = (line: string) => boolean;

/**
 * A filter by an RE2 pattern: linear in the line, whatever the pattern (a model may write any, a log may hold any).
 * INVALID_INPUT: the pattern is no RE2.
 */
export async function lineFilter(pattern: string): Promise<LineFilter> {
  const { RE2JS } = await import('re2js');
  let regex: InstanceType<typeof RE2JS>;
  try {
    regex = RE2JS.compile(pattern);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VigieError('INVALID_INPUT', `grep: ${why}`, {
      hint: 'Write an RE2 pattern: no look-around and no back references; (?i) ignores case.',
      details: { issues: [{ field: 'grep', message: why }] },
      cause,
    });
  }
  const literal = requiredLiteral(pattern);
  return line => line.includes(literal) && regex.test(line);
}

/** A text that every match holds, found in simple patterns only; empty where there may be none. Most lines fail on it at once. */
function requiredLiteral(pattern: string): string {
  if (/[|()[\]{}?\\]/.test(pattern)) return '';
  const pieces = pattern.split(/\.[*+]?|[\^$]/);
  // A repeat after a letter makes that letter optional or many: too fine a case for a prefilter.
  if (pieces.some(piece => /[*+]/.test(piece))) return '';
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}
