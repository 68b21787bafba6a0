import type * as z from 'zod';
import type { Step } from '../../../core/playbook.ts';

/**
 * What a verb needs of the whole to say how it is written. A playbook is read by a kit that chooses each form by its keys,
 * so that a fault is told of the form that was meant; an editor's schema comes of one that names all forms.
 */
export interface Kit {
  /** Steps within a step. */
  steps: z.ZodType<Step[]>;
  /** One of several forms: the first whose key is there, else the last. */
  oneOf: <Form>(forms: readonly { key: string; schema: z.ZodType<Form> }[]) => z.ZodType<Form>;
}

/** A verb: the key that a step is known by, and how such a step is written. */
export interface Verb {
  key: string;
  schema(kit: Kit): z.ZodType<Step>;
}
