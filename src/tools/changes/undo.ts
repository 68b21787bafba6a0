import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { changeIdField } from './schemas.ts';

/** Takes one finished change back, as a change of its own with its own preview, policy and approval. */
export const changesUndo = defineChangeTool({
  name: 'changes_undo',
  title: 'Undo a change',
  description: 'Take a finished change back: a change itself, previewed and decided like any other.',
  input: z.strictObject({ id: changeIdField }),

  async plan({ id }, { changes, environment }) {
    const record = await changes.get(id);
    if (record.environment !== environment.name) {
      throw new VigieError(
        'INVALID_INPUT',
        `environment: the change ${id} was made in ${record.environment}`,
        {
          hint: trusted`Call again with environment: ${record.environment}.`,
          details: { issues: [{ field: 'environment', message: `must be ${record.environment}` }] },
        },
      );
    }
    return changes.wayBack(id);
  },
});
