import { memberOf } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';

/** Where the text of a file begins in the manifest of a call, which is all of them in one. */
export interface ManifestPlace {
  /** As it was named, or found in a folder that was. */
  file: string;
  firstLine: number;
}

// What stands between the texts of two files.
export const betweenFiles = '\n---\n';

/** The places of texts that follow each other. */
export function placesOf(texts: readonly { file: string; text: string }[]): ManifestPlace[] {
  let firstLine = 1;
  return texts.map(({ file, text }) => {
    const place = { file, firstLine };
    firstLine += `${text}${betweenFiles}`.split('\n').length - 1;
    return place;
  });
}

/** A refusal of a line of the manifest, told by the file that it is in, and the line there. */
export function byFile(result: CallResult, places: readonly ManifestPlace[]): CallResult {
  const { code, message } = result.data;
  const details = memberOf(result.data, 'details');
  const line = details?.['line'];
  if (code !== 'INVALID_MANIFEST' || typeof line !== 'number' || typeof message !== 'string') return result;
  const place = placeAt(places, line);
  if (place === undefined) return result;
  const { file, line: there } = place;
  // Our own words name the line first, if at all; a name of the cluster or of the file comes behind.
  const said = message.replace(/^(The document at line|Line) \d+/, (_, head: string) => `${head} ${there}`);
  const data = { ...result.data, message: `${file}: ${said}`, details: { ...details, line: there } };
  return { ...result, data };
}

/** The file of a line of the manifest, and the line there. */
export function placeAt(
  places: readonly ManifestPlace[],
  line: number,
): { file: string; line: number } | undefined {
  const place = places.findLast(({ firstLine }) => firstLine <= line);
  return place === undefined ? undefined : { file: place.file, line: line - place.firstLine + 1 };
}
