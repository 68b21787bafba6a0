import * as z from 'zod';
import type { Tool } from './tool.ts';

/** The argument that a field of an answer comes with. */
export interface Asking {
  argument: string;
  /** What it has to be; absent: anything. */
  value?: string;
}

/** Beside the schemas and not in them: clients are sent those, and every word of them costs a model. */
const askings = z.registry<Asking>();

/** A field of an answer that is there only where an argument asks for it. */
export function askedBy<Field extends z.ZodType>(asking: Asking, field: Field): z.ZodOptional<Field> {
  const optional = field.optional();
  askings.add(optional, asking);
  return optional;
}

/** A field of an answer that stands in its text else. */
export function asData<Field extends z.ZodType>(field: Field): z.ZodOptional<Field> {
  return askedBy({ argument: 'format', value: 'json' }, field);
}

/** What asks for a field of a tool's answer; undefined: nothing needs to, or there is no such field. */
export function askingOf({ output }: Pick<Tool, 'output'>, field: string): Asking | undefined {
  const schema = Object.hasOwn(output.shape, field) ? output.shape[field] : undefined;
  return schema instanceof z.ZodType ? askings.get(schema) : undefined;
}
