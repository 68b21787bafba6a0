import * as z from 'zod';
import { isObject, type Json } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { refOf } from '../../kubernetes/object.ts';
import { asData, askedBy } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { sentBytes } from '../text-table.ts';
import { valueAt } from './field-path.ts';
import { foldToFit } from './fold.ts';
import { refField, toRef } from './schemas.ts';
import { shownObject } from './shown-object.ts';

// What an answer holds beside the object: its name, the list of parts left out, JSON punctuation.
const overheadBytes = 2_500;
const cutsNamed = 10;

/** Shows one object whole, or one field of it. */
export const k8sGet = defineReadTool({
  name: 'k8s_get',
  title: 'Show one object',
  description: 'Show one object of any kind, or one field of it. Secrets show key names only.',
  input: z.strictObject({
    target: refField.describe('Object.'),
    field: z.string().min(1).max(1_000).optional().describe('As spec.containers[0].image.'),
    format: z.enum(['yaml', 'json']).default('yaml').describe('json: the object as data.'),
  }),
  output: z.object({
    kind: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    apiVersion: z.string(),
    field: askedBy({ argument: 'field' }, z.string()),
    truncated: z.boolean(),
    cut: z.array(z.string()).optional(),
    object: asData(z.unknown()),
  }),

  async read({ target, field, format }, context) {
    const { kube, budgetBytes } = context;
    const object = await kube.get(toRef(target));
    const ref = refOf(object);
    // Of a Secret there are only key names left; and a field alone would no longer say what it belongs to.
    const shown = ref.kind === 'Secret' ? shownObject(object) : context.maskObject(shownObject(object));
    const asked = field === undefined ? shown : valueAt(shown, { path: field, of: describeRef(ref) });

    const { stringify } = await import('yaml');
    const write = (value: Json) => writtenAs(value, stringify);
    const { value, cut } = foldToFit(asked, {
      bytes: budgetBytes - overheadBytes,
      measure: format === 'json' ? bytesOfJson : written => sentBytes(write(written)),
    });
    const paths = cut.map(path => joinPaths(field, path));
    const named = paths.slice(0, cutsNamed);
    const data = {
      kind: ref.kind,
      name: ref.name,
      ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
      apiVersion: object.apiVersion,
      ...(field === undefined ? {} : { field }),
      truncated: value !== asked,
      ...(named.length === 0 ? {} : { cut: named }),
      ...(format === 'json' ? { object: value } : {}),
    };
    const note =
      value === asked
        ? ''
        : `# too large to show whole; ask for one part with field: ${named.join(' or ')}\n`;
    if (format === 'json')
      return { data, text: `${describeRef(ref)}${field === undefined ? '' : ` ${field}`}\n${note}` };
    return { data, text: note + write(value) };
  },
});

/** YAML of an object; a plain string as it is, since quotes and block marks would only be in the way. */
function writtenAs(
  value: Json,
  stringify: (value: unknown, options: { lineWidth: number }) => string,
): string {
  if (typeof value === 'string') return value;
  return isObject(value) || Array.isArray(value) ? stringify(value, { lineWidth: 0 }) : String(value);
}

function bytesOfJson(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function joinPaths(field: string | undefined, path: string): string {
  if (field === undefined) return path;
  return path === '' ? field : `${field}${path.startsWith('[') ? '' : '.'}${path}`;
}
