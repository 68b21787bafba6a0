import type { CallToolResult } from '@modelcontextprotocol/server';
import { limits } from '../core/limits.ts';
import type { CallResult } from '../core/result.ts';
import { serverLimits } from './limits.ts';

/**
 * Says that an answer holds what others wrote: objects, events, logs, names, messages of servers. Its status, code, hint,
 * next, undo and approveWith alone are Vigie's own words.
 */
export const untrusted = { _meta: { 'dev.vigie/untrusted': true } } as const;

const mostBytes = limits.answerBytes - serverLimits.wireBytes;

/** A call's end as MCP says it. Never larger than `limits.answerBytes`; what has to go, goes from the text's end and says so. */
export function toAnswer(result: CallResult): CallToolResult {
  const answer = assemble(result, result.text);
  const excess = sizeOf(answer) - mostBytes;
  if (excess <= 0) return answer;
  const shorter = assemble(result, cutBytes(result.text, excess));
  if (sizeOf(shorter) <= mostBytes) return shorter;
  return assemble(
    {
      status: 'failed',
      data: { status: 'failed', code: 'BAD_RESPONSE', message: tooLarge, hint: tooLargeHint },
      text: '',
    },
    `BAD_RESPONSE: ${tooLarge}\n${tooLargeHint}`,
  );
}

const tooLarge = `The answer is larger than ${limits.answerBytes} bytes.`;
const tooLargeHint = 'Ask for less: a selector, one field, a smaller limit.';

function assemble(result: CallResult, text: string): CallToolResult {
  return {
    ...untrusted,
    content: [{ type: 'text', text }],
    structuredContent: result.data,
    ...(result.status === 'failed' && { isError: true }),
  };
}

/** `text` without its last lines, so that at least `excess` bytes of JSON are saved beside the notice that says so. */
function cutBytes(text: string, excess: number): string {
  const notice = '\n… cut to fit 40 kB; ask for less (a selector, one field, a smaller limit)';
  const wanted = excess + sizeOf(notice);
  let saved = 0;
  let end = text.length;
  while (end > 0 && saved < wanted) {
    const lineStart = text.lastIndexOf('\n', end - 1);
    // A single line may be the whole text: then characters go, in steps, and never half of a surrogate pair.
    const next =
      lineStart > 0 && end - lineStart <= limits.lineChars ? lineStart : Math.max(0, end - limits.lineChars);
    saved += sizeOf(text.slice(next, end)) - 2;
    end = next;
  }
  return text.slice(0, end).toWellFormed() + notice;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
