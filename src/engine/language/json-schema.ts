import * as z from 'zod';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { Step } from '../../core/playbook.ts';
import { playbookSchema } from './playbook-schema.ts';
import { verbs } from './steps/index.ts';
import type { Kit } from './steps/kit.ts';

/** A playbook as editors check it while it is written: JSON Schema, draft 7, which the language servers of YAML know. */
export function playbookJsonSchema(): JsonObject {
  const step: z.ZodType<Step> = z
    .lazy(() => z.union(verbs.map(verb => verb.schema(kit))))
    .meta({ id: 'step', description: 'One verb, and what belongs to it.' });
  const kit: Kit = {
    steps: z.array(step).min(1),
    oneOf: forms => z.union(forms.map(({ schema }) => schema)),
  };
  const schema: unknown = z.toJSONSchema(playbookSchema(kit.steps), { io: 'input', target: 'draft-7' });
  return { ...(isObject(schema) ? schema : {}), title: 'A playbook of Vigie' };
}
