import * as z from 'zod';
import { parseDuration } from '../../../config/duration.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import { caps } from '../caps.ts';
import { bareExpression } from '../expressions/template.ts';

// The parts that verbs are made of.

/** A strict object. Its fault of an unknown key carries the keys that there are, from which the nearest is told. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: issue => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}

/** A text such as 90s, no longer than `most`. */
export function duration(most: `${number}${'s' | 'm' | 'h' | 'd'}`): z.ZodType<string, string> {
  const mostSeconds = parseDuration(most) ?? 0;
  const error = `must be a duration up to ${most}, like 90s, 30m, 24h or 2d`;
  return z
    .string({ error: issue => (issue.input === undefined ? undefined : error) })
    .regex(/^[1-9][0-9]{0,5}[smhd]$/, error)
    .refine(text => (parseDuration(text) ?? 0) <= mostSeconds, error);
}

/** A whole number within bounds. */
export function count(least: number, most: number): z.ZodInt {
  const bounds = `must be a whole number from ${least} to ${most}`;
  const error = ({ input }: { input?: unknown }) => (input === undefined ? undefined : bounds);
  return z.int({ error }).min(least, bounds).max(most, bounds);
}

export const stepId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be a word of letters, digits, _ and -, at most 63');

export const playbookName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be lower-case letters, digits and dashes from a letter on, at most 63',
  );

/** What expressions call by its name: an input, an item, a value that was set. */
export const variableName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,62}$/, 'must be a word of letters, digits and _ from a small letter on');

const toolName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a tool');

/** The JSON border: what strict YAML read is JSON. */
export const json = z.unknown().transform(value => value as Json);

const jsonObject = z.record(z.string(), z.unknown()).transform(value => value as JsonObject);

/** Arguments of a call. */
export const args = jsonObject.prefault({}).describe('Arguments; texts may hold ${{ expressions }}.');

/** An expression alone, with or without `${{ }}` around it. */
export const expression = z
  .string()
  .min(1, 'is empty')
  .max(caps.expressionChars, `must be at most ${caps.expressionChars} characters`)
  .transform(bareExpression);

export const group = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'must be the name of a group: letters, digits and . _ -');

/** What every step may have beside its verb. */
export const stepFields = {
  id: stepId.exactOptional(),
  if: z
    .union([z.boolean(), expression], { error: 'must be true, false or an expression' })
    .exactOptional()
    .describe('Run only where this is so: CEL.'),
  timeout: duration('7d').exactOptional(),
  continueOnError: z.boolean().exactOptional().describe('Go on when it failed.'),
};

const call = { tool: toolName, with: args };

/** A read that is repeated until it answers what it should. */
export const checkFields = {
  ...call,
  until: expression.describe('CEL over `output`, what the tool answers.'),
  every: duration('1h').prefault('10s'),
  within: duration('7d').prefault('5m'),
  otherwise: z
    .string()
    .min(1, 'is empty')
    .max(caps.otherwiseChars, `must be at most ${caps.otherwiseChars} characters`)
    .exactOptional()
    .describe('What people read where it is not so in time.'),
};

/** A call with what surrounds it: of a step, or of each item of a foreach. */
export const actionFields = {
  ...call,
  retry: strict({
    attempts: count(1, 10).describe('With the first.'),
    backoff: duration('1h').prefault('5s').describe('Doubles each time.'),
    on: z
      .array(z.enum(['transient', 'failed', 'unverified', 'plan_changed']))
      .min(1, 'names nothing to retry on')
      .max(4)
      .prefault(['transient']),
  }).exactOptional(),
  verify: strict(checkFields).exactOptional().describe('What is seen when it has worked.'),
  undo: z
    .union([z.literal('none'), strict(call)], { error: 'must be none, or a tool with its arguments' })
    .exactOptional()
    .describe('Absent: the way back of the change itself.'),
};
