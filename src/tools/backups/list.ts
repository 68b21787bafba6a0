import * as z from 'zod';
import { askedBy } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { setField } from './named-set.ts';

/** Shows what is backed up, how old and how well proven the newest copies are, or every copy of one set. */
export const backupsList = defineReadTool({
  name: 'backups_list',
  title: 'List backups',
  description:
    'List backup sets: newest good copy, age against objective, size, last drill, 3-2-1; or the copies of one set.',
  input: z.strictObject({
    set: setField.optional().describe('Its copies.'),
    limit: z.int().min(1).max(500).default(50).describe('Rows.'),
  }),
  output: z.object({
    bad: z.boolean(),
    sets: z.array(z.unknown()),
    copies: askedBy({ argument: 'set' }, z.array(z.unknown())),
    total: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
    notRead: z.array(z.string()).optional(),
  }),

  load: async () => import('./list/read.ts'),
});
