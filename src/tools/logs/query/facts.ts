import type * as z from 'zod';
import { limits } from '../../../core/limits.ts';
import { msOf } from '../../../logs/moment.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import type { queryInput, queryOutput } from '../query.ts';
import type { LineSource } from '../source.ts';
import type { TimeSpan } from '../time-span.ts';

export type Asked = z.output<typeof queryInput>;
export type Facts = z.output<typeof queryOutput>;
export type Answer = { data: Facts; text: string };

/** What every answer of lines is made of. */
export interface Found {
  asked: Asked;
  source: LineSource;
  span: TimeSpan;
  context: ToolContext;
}

/** What was not read, as a field of an answer. */
export function notReadFacts({ notRead }: Pick<LineSource, 'notRead'>): Pick<Facts, 'notRead'> {
  return notRead.length === 0 ? {} : { notRead: firstReasons(notRead) };
}

const reasonsNamed = 5;

/** What was not read: a few by name, the rest by their number. */
export function firstReasons(notRead: readonly string[]): string[] {
  const rest = notRead.length - reasonsNamed;
  return [...notRead.slice(0, reasonsNamed), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

export function spanMsOf({ from, to }: TimeSpan): number {
  return msOf(to) - msOf(from);
}

/** Why there are no rows, where lines were read: none held the text, or none is so grave. */
export function noneText(
  { asked, source }: Pick<Found, 'asked' | 'source'>,
  { lines }: { lines: number },
): string[] {
  const looked = source.looked() ?? lines;
  const of = looked === 0 ? 'no line of that time' : `none of the ${looked} lines of that time`;
  if (lines === 0 && asked.contains !== undefined) return [`${of} holds the text`];
  return lines > 0 || looked > 0 ? [`${of} is of that level or graver`] : [];
}

/** The bytes that rows as data may take: of a model's answer `most`, for programs whatever the answer may have. */
export function roomFor(context: ToolContext, most: number): number {
  return context.budgetBytes > limits.answerBytes ? context.budgetBytes : Math.min(most, context.budgetBytes);
}
