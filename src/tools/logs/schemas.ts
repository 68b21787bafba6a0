import * as z from 'zod';

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

export const levelField = z.enum(['error', 'warn', 'info']).optional().describe('Or graver.');
