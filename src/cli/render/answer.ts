import { isObject, type JsonObject } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import { screenJson } from '../../core/screen-text.ts';
import { hiddenCharacters } from '../../core/text.ts';
import type { Terminal } from '../terminal.ts';
import { paintDiff } from './diff.ts';
import type { OutputFormat } from './output-format.ts';
import { alignTables } from './table.ts';

/** Shows how a call ended. What is for programs goes to stdout as data; what failed goes to stderr as words. */
export async function showAnswer(
  terminal: Terminal,
  result: CallResult,
  format: OutputFormat,
): Promise<void> {
  // Whoever read this has gone, which is what stopped the call: there is nothing to say and nobody to tell.
  if (terminal.whenBroken.aborted) return;
  if (format === 'json' || format === 'yaml') {
    await terminal.write(await writeData(result.data, format));
    return;
  }
  if (result.status === 'failed') {
    terminal.note(describeFailure(result, terminal.noteColors));
    return;
  }
  const text = alignTables(result.text);
  const plain = result.status === 'answered' && result.data['differs'] === undefined;
  const shown = plain ? text : paintDiff(text, terminal.colors);
  await terminal.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

/** Reads back as the same data; what a terminal would obey or hide is spelled out. */
export async function writeData(data: JsonObject, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${screenJson(JSON.stringify(data, null, 2))}\n`;
  const { Document, visit } = await import('yaml');
  const document = new Document(data, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, scalar) {
      // Only between double quotes a character can be spelled.
      if (typeof scalar.value === 'string' && hiddenCharacters(scalar.value) > 0)
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return screenJson(document.toString({ lineWidth: 0 }));
}

/** `error: what failed` and `hint: what to do`, for a failed result or anything with the same fields. */
export function describeFailure(result: CallResult, colors: Terminal['colors']): string {
  const { message, hint, details } = result.data;
  const lines = [`${colors.red('error:')} ${typeof message === 'string' ? message : result.text}`];
  const issues = isObject(details) && Array.isArray(details['issues']) ? details['issues'] : [];
  for (const issue of issues) {
    if (!isObject(issue) || typeof issue['message'] !== 'string') continue;
    const line =
      typeof issue['field'] === 'string' && issue['field'] !== ''
        ? `${issue['field']}: ${issue['message']}`
        : issue['message'];
    const told = issue['message'];
    if (!lines.some(known => known.includes(told))) lines.push(`  ${line}`);
  }
  if (typeof hint === 'string') lines.push(`${colors.yellow('hint:')} ${hint}`);
  return lines.join('\n');
}
