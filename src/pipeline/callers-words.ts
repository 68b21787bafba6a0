import { isObject } from '../core/json.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { cleanText } from '../core/text.ts';

/**
 * Every text that a caller sent with a call, in the ways in which an error may say it again: as it came, without what no
 * screen shows, in one line, and what a manifest holds as it reads.
 */
export async function textsOf(input: unknown): Promise<string[]> {
  const sent = textsIn(input);
  const read = await Promise.all(sent.map(readManifest));
  const texts = [...sent, ...read.flatMap(textsIn)];
  return [...new Set(texts.flatMap(text => [text, cleanText(text), inOneLine(text)]))];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]);
}

/** Escapes, folds and aliases of YAML put a text together that does not stand in the manifest. */
async function readManifest(text: string): Promise<unknown> {
  // A document is a mapping.
  if (!text.includes(':')) return undefined;
  try {
    return (await parseDocuments(text)).map(({ document }) => document);
  } catch {
    // The same parser refuses it for the tool, which then has nothing of it to say.
    return undefined;
  }
}

/** As lines are shown in one. */
function inOneLine(text: string): string {
  const lines = cleanText(text).split('\n');
  return lines
    .map(line => line.trim())
    .filter(line => line !== '')
    .join(' ');
}
