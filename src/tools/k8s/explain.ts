import * as z from 'zod';
import type { KubeReader, ResourceKind } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { type Json, plainText } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import { cleanLine, cleanText, cutText } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import {
  childrenOf,
  type FieldDocs,
  isOpen,
  kindSchema,
  type SchemaNode,
  type Schemas,
} from '../../kubernetes/field-docs.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows } from '../text-table.ts';

// What an answer holds beside its lines: headline, description, JSON punctuation.
const overheadBytes = 6_000;
const descriptionChars = 3_000;
// A child is described by its first sentence: enough to choose it, and it can be asked for.
const sentenceChars = 160;
const childNamesNamed = 12;
const defaultChars = 80;
// The longest list of Kubernetes itself has a dozen values; each line repeats its own.
const mostValues = 50;
const mostSteps = 64;
// Schemas may hold themselves; deeper than this nobody reads, and more lines than this fit into no answer.
const mostLevels = 5;
const mostLines = 2_000;

/** Explains a kind or a field of it, from the schemas that the server itself publishes. */
export const k8sExplain = defineReadTool({
  name: 'k8s_explain',
  title: 'Explain a kind or field',
  description:
    "Explain a kind (CRDs too) or a field of it from the server's own schema: type, default, fields below.",
  input: z.strictObject({
    path: z.string().min(1).max(1_000).describe('As deployment.spec.strategy.'),
    apiVersion: z.string().max(253).optional().describe('If the kind is ambiguous.'),
    levels: z.int().min(1).max(mostLevels).default(1).describe('How deep.'),
  }),
  output: z.object({
    kind: z.string(),
    apiVersion: z.string(),
    field: z.string().optional(),
    type: z.string(),
    required: z.boolean(),
    described: z.boolean(),
    fields: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
  }),

  async read({ path, apiVersion, levels }, { kube, budgetBytes }) {
    const { kind, steps } = await splitPath(kube, { path, apiVersion });
    const schemas = await kube.schemas(kind.apiVersion);
    const root = kindSchema(schemas, kind);
    if (root === undefined) {
      throw new VigieError(
        'NOT_FOUND',
        `The server publishes no schema of ${kind.kind} (${kind.apiVersion})`,
        { hint: 'See the fields of an object that exists with k8s_get; k8s_list finds one.' },
      );
    }
    const { node, names } = walk({ schemas, root, kind, steps });
    const children = childrenOf(schemas, node);
    const lines = fieldLines(schemas, children, { levels, indent: '' });
    const shown = fittingRows(lines, budgetBytes - overheadBytes);
    // As many lines as are made, and there may be more.
    const truncated = shown.length < lines.length || lines.length >= mostLines;
    const { docs } = node;
    // Nowhere in a document without prose does a field of metadata say anything.
    const described =
      docs.description !== '' || [...children.values()].some(each => each.docs.description !== '');
    const field = names.join('.');
    return {
      data: {
        kind: kind.kind,
        apiVersion: kind.apiVersion,
        ...(field === '' ? {} : { field }),
        type: docs.type,
        required: docs.required,
        described,
        fields: children.size,
        shown: shown.length,
        truncated,
      },
      text: [
        `${kind.kind} (${kind.apiVersion})${field === '' ? '' : ` ${field}`}: ${facts(docs)}`,
        ...indented(docs.description),
        ...(described ? [] : ['(this server publishes no descriptions, only types)']),
        ...(isOpen(schemas, node) ? ['any field may stand here: the server checks none'] : []),
        ...(children.size === 0
          ? []
          : [`${children.size} fields${levels > 1 ? `, ${levels} levels deep` : ''}:`]),
        ...shown,
        ...(truncated
          ? [
              `${shown.length} of ${lines.length >= mostLines ? 'more' : lines.length} shown; ask for one of them`,
            ]
          : []),
      ].join('\n'),
    };
  },
});

/** A kind, the group it may be qualified by, and fields: `deployments.apps.spec`. */
async function splitPath(
  kube: KubeReader,
  { path, apiVersion }: { path: string; apiVersion: string | undefined },
): Promise<{ kind: ResourceKind; steps: string[] }> {
  // A list is passed through: `containers[0].image` is the same field as `containers.image`.
  const words = path
    .replaceAll(/\[\d*\]/g, '')
    .split('.')
    .filter(word => word !== '');
  const [name] = words;
  if (name === undefined || words.length > mostSteps) {
    throw new VigieError('INVALID_INPUT', 'path: is no kind with fields', {
      hint: 'Write it as deployment.spec.template.spec.containers.',
      details: { issues: [{ field: 'path', message: 'is no kind with fields' }] },
    });
  }
  const groups = new Set((await kube.kinds()).map(each => splitApiVersion(each.apiVersion).group));
  const ends = words.map((_, index) => index + 1).toReversed();
  const end = ends.find(each => groups.has(words.slice(1, each).join('.')) && each > 1) ?? 1;
  return { kind: await kube.resolve(words.slice(0, end).join('.'), apiVersion), steps: words.slice(end) };
}

function walk({
  schemas,
  root,
  kind,
  steps,
}: {
  schemas: Schemas;
  root: SchemaNode;
  kind: ResourceKind;
  steps: readonly string[];
}): { node: SchemaNode; names: string[] } {
  let node = root;
  const names: string[] = [];
  for (const step of steps) {
    const children = childrenOf(schemas, node);
    const next = children.get(step) ?? sameLetters(children, step);
    if (next === undefined) throw unknownField({ kind, names, step, children: [...children.keys()] });
    names.push([...children].find(([, child]) => child === next)?.[0] ?? step);
    node = next;
  }
  return { node, names };
}

/** A field in other capitals than its own is meant all the same. */
function sameLetters(children: ReadonlyMap<string, SchemaNode>, step: string): SchemaNode | undefined {
  const folded = step.toLowerCase();
  return [...children].find(([name]) => name.toLowerCase() === folded)?.[1];
}

/** The field itself is not repeated: it would come back masked if it were a known secret, which would answer a guess. */
function unknownField({
  kind,
  names,
  step,
  children,
}: {
  kind: ResourceKind;
  names: readonly string[];
  step: string;
  children: readonly string[];
}): VigieError {
  const where = names.length === 0 ? kind.kind : `${names.join('.')} of ${kind.kind}`;
  const nearest = nearestNames(step, children);
  const message = `${where} has no such field (word ${names.length + 2} of the path)`;
  return new VigieError('INVALID_INPUT', `path: ${message}`, {
    hint:
      nearest.length > 0
        ? trusted`Did you mean ${nearest}?`
        : children.length === 0
          ? 'It has no fields below it; end the path there.'
          : trusted`There is: ${children.slice(0, childNamesNamed)}.`,
    details: { issues: [{ field: 'path', message }], nearest },
  });
}

/** The words of whoever defined the kind, set apart from ours. */
function indented(description: string): string[] {
  if (description === '') return [];
  const lines = cutText(cleanText(description), descriptionChars).split('\n');
  return lines.filter(line => line.trim() !== '').map(line => `  ${line}`);
}

function fieldLines(
  schemas: Schemas,
  fields: ReadonlyMap<string, SchemaNode>,
  { levels, indent }: { levels: number; indent: string },
): string[] {
  const lines: string[] = [];
  for (const [name, field] of fields) {
    if (lines.length >= mostLines) break;
    lines.push(indent + fieldLine(name, field));
    if (levels > 1)
      lines.push(
        ...fieldLines(schemas, childrenOf(schemas, field), { levels: levels - 1, indent: `${indent}  ` }),
      );
  }
  return lines;
}

function fieldLine(name: string, { docs }: SchemaNode): string {
  const sentence = firstSentence(docs.description);
  return cleanLine(`${name}: ${facts(docs)}${sentence === '' ? '' : ` - ${sentence}`}`);
}

function facts({ type, required, enum: values, default: preset }: FieldDocs): string {
  return [
    type,
    ...(required ? ['required'] : []),
    ...(values.length === 0 ? [] : [`one of ${valuesNamed(values)}`]),
    ...(preset === undefined ? [] : [`default ${cleanLine(plainText(preset), defaultChars)}`]),
  ].join(', ');
}

function valuesNamed(values: readonly Json[]): string {
  const named = values.slice(0, mostValues).map(value => cleanLine(plainText(value), defaultChars));
  return [...named, ...(values.length > mostValues ? ['…'] : [])].join(' | ');
}

function firstSentence(description: string): string {
  const [sentence = ''] = cleanLine(description, descriptionChars).split(/(?<=[.!?])\s/);
  return sentence.length > sentenceChars ? `${cutText(sentence, sentenceChars)}…` : sentence;
}
