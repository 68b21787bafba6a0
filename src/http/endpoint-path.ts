import { VigieError } from '../core/errors.ts';

const segmentChars = 1_000;
const slash = /[/\\]|%(?:25)*(?:2f|5c)/i;

/**
 * A path made of segments, each encoded: `/api/v1/label/job/values`. What a URL parser would fold into another path is
 * refused, and so is what holds a slash in any spelling: servers and proxies on the way decode `%2F` before they look for
 * the `..` beside it. @throws VigieError INVALID_INPUT
 */
export function pathOf(segments: readonly string[]): string {
  return segments.map(segment => `/${encodeURIComponent(checkSegment(segment))}`).join('');
}

function checkSegment(segment: string): string {
  const plain = segment !== '' && !/^(?:\.|%2e){1,2}$/i.test(segment) && !slash.test(segment);
  if (!plain || segment.length > segmentChars || !segment.isWellFormed())
    throw new VigieError(
      'INVALID_INPUT',
      `${JSON.stringify(segment.slice(0, 80))} cannot be a part of a path`,
    );
  return segment;
}

/** As it stands behind the question mark; empty without parameters. */
export function searchOf(query: readonly (readonly [name: string, value: string])[]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of query) parameters.append(name, value);
  return parameters.toString();
}
