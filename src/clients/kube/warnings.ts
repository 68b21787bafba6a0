import { limits } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';

// `299 - "text"`, with an agent name in the middle and backslash escapes inside; several are joined by commas.
const warning = /299 [^\s"]+ "((?:[^"\\]|\\.)*)"/g;

/** Adds the texts of a Warning header, each once, until there are as many as anyone reads. */
export function collectWarnings(header: string | undefined, into: Set<string>): void {
  if (header === undefined) return;
  for (const match of header.matchAll(warning)) {
    if (into.size >= limits.warnings) return;
    const text = cleanLine((match[1] ?? '').replace(/\\(.)/g, '$1'), limits.warningChars);
    if (text !== '') into.add(text);
  }
}
