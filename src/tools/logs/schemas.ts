import * as z from 'zod';
import type { Level } from '../../logs/level.ts';

const nameChars = 253;
const queryChars = 5_000;

export const queryField = z.string().min(1).max(queryChars).optional().describe('LogQL for Loki. Or:');

/** A workload or a pod, as kubectl writes it: other tools take a Ref, which would double what these two cost a model. */
export const targetField = z
  .string()
  .max(nameChars)
  .regex(/^[\w.-]+\/[\w.-]+$/, 'write it as deploy/web')
  .optional()
  .describe('As deploy/web.');

export const levelField = z.enum(['error', 'warn', 'warning', 'info']).optional().describe('Or graver.');

/** `warning` is `warn`, as half of all programs write it. */
export function levelOf(level: z.output<typeof levelField>): Level | undefined {
  return level === 'warning' ? 'warn' : level;
}

export const formatField = z.enum(['table', 'json']).default('table').describe('json: rows as data.');
