import { isObject } from '../core/json.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { cleanText } from '../core/text.ts';

/**
 * Every text that a caller sent with a call, in the ways in which an error or a proposal may say it again: as it came,
 * without what no screen shows, in one line, what a manifest or a patch holds as it reads, and both sides of `KEY=value`.
 */
export async function textsOf(input: unknown): Promise<string[]> {
  const sent = textsIn(input);
  const read = await Promise.all(sent.map(readManifest));
  const texts = [...sent, ...read.flatMap(textsIn)];
  const parts = texts.flatMap(text => [...assignedParts(text), ...stepsOf(text)]);
  return [...new Set([...texts, ...parts].flatMap(text => [text, cleanText(text), inOneLine(text)]))];
}

/** `limits.memory=1Gi` by its name, the last part of that, and its value; `KEY-` without the sign. */
function assignedParts(text: string): string[] {
  if (text.length > longestWord) return [];
  const equals = text.indexOf('=');
  if (equals < 0) return text.endsWith('-') ? [text.slice(0, -1)] : referenceParts(text);
  const name = text.slice(0, equals);
  const dot = name.indexOf('.');
  return [name, ...(dot < 0 ? [] : [name.slice(dot + 1)]), text.slice(equals + 1)];
}

/** `KEY@secret/NAME/KEY`. */
function referenceParts(text: string): string[] {
  return /^([^=@]+)@[a-z]+\/([^/]+)\/([^/]+)$/i.exec(text)?.slice(1) ?? [];
}

/** Of a JSON pointer, the names on its way. */
function stepsOf(text: string): string[] {
  if (!text.startsWith('/') || text.length > longestPointer) return [];
  return text.split('/').map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What tools split is shorter; what is longer is a manifest, which is read. */
const longestWord = 64 * 1024;
// A path through names of the greatest length is shorter.
const longestPointer = 4_096;

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]);
}

/** Escapes, folds and aliases of YAML put a text together that does not stand in the manifest. */
async function readManifest(text: string): Promise<unknown> {
  // A document is a mapping, and a JSON patch a list of some.
  if (!text.includes(':')) return undefined;
  try {
    const mapping = text.trimStart().startsWith('[') ? `{"operations": ${text}\n}` : text;
    return (await parseDocuments(mapping)).map(({ document }) => document);
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
