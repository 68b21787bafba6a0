import * as z from 'zod';
import { namespaceField, refField } from '../schemas.ts';

const pathChars = 4_000;

export const diagnoseInput = z.strictObject({
  target: refField.optional().describe('One object.'),
  namespace: namespaceField.describe('Default: all.'),
  watch: z.boolean().default(false).describe('On a terminal only.'),
  notes: z.boolean().default(false).describe('Tell them.'),
  skip: z.int().min(0).default(0).describe('Of pages before.'),
  format: z.enum(['text', 'json']).default('text').describe('json: as data.'),
});

export type DiagnoseInput = z.output<typeof diagnoseInput>;

export const diagnoseFilesInput = z.strictObject({
  from: z.string().min(1).max(pathChars).describe('Folder or file of dumped objects and logs.'),
  target: refField.optional().describe('One object.'),
  namespace: namespaceField.describe('Default: all.'),
  notes: z.boolean().default(false).describe('Tell them.'),
  skip: z.int().min(0).default(0).describe('Of pages before.'),
  format: z.enum(['text', 'json']).default('text').describe('json: as data.'),
});

export type DiagnoseFilesInput = z.output<typeof diagnoseFilesInput>;
