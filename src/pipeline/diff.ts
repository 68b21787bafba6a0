import type { Json, JsonObject } from '../core/json.ts';
import { type Difference, differences, leaves } from '../core/json-diff.ts';
import type { Preview } from '../core/preview.ts';
import type { Redactor } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';

const contextLines = 3;
// The shortest diff of two long texts that share nothing takes minutes; past this many edits it helps nobody either.
const mostEdits = 1_000;
const shownDifferences = 3;
const shownValueChars = 80;
// A label of the longest name fits; a key of a custom resource may have a megabyte.
const shownPathChars = 400;

/** What the changes do, as a person reads a diff: one YAML diff an object, secrets masked by place and value. */
export async function renderDiff(previews: readonly Preview[], redactor: Redactor): Promise<string> {
  const [{ structuredPatch }, { stringify }] = await Promise.all([import('diff'), import('yaml')]);
  const yaml = (object: JsonObject | undefined) =>
    object === undefined
      ? ''
      : stringify(redactor.object(object), {
          lineWidth: 0,
          aliasDuplicateObjects: false,
          sortMapEntries: inReadingOrder,
        });
  return previews
    .map(preview => {
      const head = `${preview.operation} ${describeRef(preview.target)}`;
      const going = preview.alongside.map(
        ({ target, what }) => `  with it: ${describeRef(target)} (${what})`,
      );
      if (preview.operation === 'delete') return [head, ...going].join('\n');
      const [before, after] = [yaml(preview.before), yaml(preview.after)];
      const patch = structuredPatch('', '', before, after, '', '', {
        context: contextLines,
        maxEditLength: mostEdits,
      });
      const hunks = (patch?.hunks ?? [replacedWhole(before, after)]).map(hunk =>
        [`@@ line ${hunk.newStart} @@`, ...hunk.lines.filter(line => !line.startsWith('\\'))].join('\n'),
      );
      return [head, ...hunks, ...going].join('\n');
    })
    .join('\n\n');
}

/** One line for a list: `update Deployment/web in shop: spec.replicas 3 → 5`. */
export function summarize(previews: readonly Preview[], redactor: Redactor): string {
  if (previews.length > shownDifferences) return summarizeTargets(previews);
  return previews.map(preview => summarizeOne(preview, redactor)).join('; ');
}

/** What is done to which object, without what changes in it. */
export function summarizeTargets(previews: readonly Preview[]): string {
  const [first, ...others] = previews;
  if (first === undefined) return 'nothing';
  if (previews.length > shownDifferences)
    return `${first.operation} ${describeRef(first.target)} and ${others.length} more`;
  return previews.map(({ operation, target }) => `${operation} ${describeRef(target)}`).join('; ');
}

function summarizeOne(preview: Preview, redactor: Redactor): string {
  const head = `${preview.operation} ${describeRef(preview.target)}`;
  if (preview.operation !== 'update' || preview.before === undefined || preview.after === undefined)
    return head;
  const found = differences(redactor.object(preview.before), redactor.object(preview.after)).flatMap(
    toLeaves,
  );
  const shown = found
    .slice(0, shownDifferences)
    .map(
      ({ path, before, after }) =>
        `${cleanLine(fieldOf(path), shownPathChars)} ${shown1(before)} → ${shown1(after)}`,
    );
  const more = found.length > shownDifferences ? `, and ${found.length - shownDifferences} more` : '';
  return `${head}: ${shown.join(', ')}${more}`;
}

/** A JSON pointer as Kubernetes writes fields: `spec.template.spec.containers[web].image`. */
export function fieldOf(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

function shown1(value: Json | undefined): string {
  if (value === undefined) return '(none)';
  return cleanLine(typeof value === 'object' ? JSON.stringify(value) : String(value), shownValueChars);
}

/** A new or lost subtree by its leaves: `annotations.restartedAt (none) → …` says more than an object in braces. */
function toLeaves(found: Difference): Difference[] {
  const { path, before, after } = found;
  if (before !== undefined && after !== undefined) return [found];
  return [
    ...leaves(before).map(leaf => ({ path: path + leaf.path, before: leaf.value })),
    ...leaves(after).map(leaf => ({ path: path + leaf.path, after: leaf.value })),
  ];
}

const first = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'image', 'command', 'args'];

/** What names a thing comes first, the rest by the alphabet: one object reads the same on every screen. */
function inReadingOrder(a: { key: unknown }, b: { key: unknown }): number {
  const [left, right] = [keyText(a.key), keyText(b.key)];
  const rank = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length);
  return rank(left) - rank(right) || (left < right ? -1 : Number(left > right));
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : '';
}

/** What differs between two texts as one block: the lines that went, then those that came, whole. */
function replacedWhole(before: string, after: string): { newStart: number; lines: string[] } {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, fresh.length) && old[start] === fresh[start]) start += 1;
  let end = 0;
  const shorter = Math.min(old.length, fresh.length) - start;
  while (end < shorter && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  return {
    newStart: start + 1,
    lines: [
      ...old.slice(start, old.length - end).map(line => `-${line}`),
      ...fresh.slice(start, fresh.length - end).map(line => `+${line}`),
    ],
  };
}
