import type { Json, JsonObject } from '../core/json.ts';
import { type Difference, differences, leaves } from '../core/json-diff.ts';
import { pauseAfter } from '../core/pause.ts';
import type { Preview } from '../core/preview.ts';
import type { Redactor } from '../core/redaction.ts';
import { describeRef } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';
import { deedOf, kindOf } from './changes/index.ts';

const contextLines = 3;
// The shortest diff of two long texts that share nothing takes minutes; past this many edits it helps nobody either.
const mostEdits = 1_000;
const shownDifferences = 3;
const shownValueChars = 80;
/** What of an object is masked, written and compared in a few microseconds. */
const charsOfStep = 4;
// A label of the longest name fits; a key of a custom resource may have a megabyte.
const shownPathChars = 400;

/**
 * What the changes do, as a person reads a diff: one YAML diff an object, secrets masked by place and value. A redactor
 * that leaves the asker's own words leaves them in what would be new alone.
 */
export async function renderDiff(previews: readonly Preview[], redactor: Redactor): Promise<string> {
  const [{ structuredPatch }, { stringify }] = await Promise.all([import('diff'), import('yaml')]);
  const yaml = (object: JsonObject | undefined) =>
    object === undefined
      ? ''
      : stringify(object, {
          lineWidth: 0,
          aliasDuplicateObjects: false,
          sortMapEntries: inReadingOrder,
        });
  const blocks: string[] = [];
  const add = (text: string, by: Redactor): void => void blocks.push(maskBlocks(text, by));
  for (const preview of previews.filter(({ change }) => kindOf(change).listed === undefined)) {
    const head = headOf(preview);
    const going = preview.alongside.map(({ target, what }) => `  with it: ${describeRef(target)} (${what})`);
    const by = forAct(preview, redactor);
    if (preview.operation === 'delete') {
      add([head, ...going].join('\n'), by);
      continue;
    }
    const [before, after] = [yaml(maskedBefore(preview, by)), yaml(maskedAfter(preview, by))];
    const patch = structuredPatch('', '', before, after, '', '', {
      context: contextLines,
      maxEditLength: mostEdits,
    });
    const hunks = (patch?.hunks ?? [replacedWhole(before, after)]).map(hunk =>
      [`@@ line ${hunk.newStart} @@`, ...hunk.lines.filter(line => !line.startsWith('\\'))].join('\n'),
    );
    add([head, ...hunks, ...going].join('\n'), by);
    // A hundred large objects take a second.
    await pauseAfter(Math.ceil((before.length + after.length) / charsOfStep));
  }
  blocks.push(...lists(previews).map(list => redactor.target(list)));
  return blocks.join('\n\n');
}

/** What a plan may hold hundreds of, by what belongs together. */
function lists(previews: readonly Preview[]): string[] {
  const crowds = Map.groupBy(previews, ({ change }) => kindOf(change).listed?.head(change));
  return [...crowds].flatMap(([head, of]) =>
    head === undefined ? [] : [[head, ...of.map(({ target }) => `  ${target.name}`)].join('\n')],
  );
}

/** Whole again, since a value may stand over several lines; what is new apart from what stands. */
function maskBlocks(text: string, redactor: Redactor): string {
  if (redactor === redactor.strict) return redactor.text(text);
  const blocks: { own: boolean; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const own = /^(?:\+|create )/.test(line);
    const last = blocks.at(-1);
    if (last?.own === own) last.lines.push(line);
    else blocks.push({ own, lines: [line] });
  }
  return blocks.map(({ own, lines }) => (own ? redactor : redactor.strict).text(lines.join('\n'))).join('\n');
}

/** What is all an act, and holds nothing: a command, a copy. */
function forAct({ change }: Preview, redactor: Redactor): Redactor {
  return kindOf(change).brief === undefined ? redactor : redactor.acts;
}

function maskedBefore({ before }: Preview, redactor: Redactor): JsonObject | undefined {
  return before === undefined ? undefined : redactor.strict.object(before);
}

function maskedAfter({ before, after }: Preview, redactor: Redactor): JsonObject | undefined {
  return after === undefined ? undefined : redactor.objectOver(before, after);
}

/** One line for a list: `update Deployment/web in shop: spec.replicas 3 → 5`. */
export function summarize(previews: readonly Preview[], redactor: Redactor): string {
  const [first] = previews;
  if (first === undefined || previews.length <= shownDifferences)
    return previews.map(preview => summarizeOne(preview, redactor)).join('; ');
  return redactorOf(first, redactor).text(summarizeTargets(previews));
}

/** What is done to which object, without what changes in it. */
export function summarizeTargets(previews: readonly Preview[]): string {
  const [first, ...others] = previews;
  if (first === undefined) return 'nothing';
  if (previews.length > shownDifferences) return `${headOf(first)} and ${others.length} more`;
  return previews.map(headOf).join('; ');
}

function headOf(preview: Preview): string {
  return `${deedOf(preview)} ${describeRef(preview.target)}`;
}

/** A new object has the name that it was given; another one is the cluster's. */
function redactorOf({ operation }: Preview, redactor: Redactor): Redactor {
  return operation === 'create' ? redactor : redactor.strict;
}

function summarizeOne(preview: Preview, redactor: Redactor): string {
  const head = redactorOf(preview, redactor).text(headOf(preview));
  const by = forAct(preview, redactor);
  const [before, after] = [maskedBefore(preview, by), maskedAfter(preview, by)];
  if (preview.operation !== 'update' || before === undefined || after === undefined) return head;
  const brief = kindOf(preview.change).brief?.(after);
  if (brief !== undefined) return `${head}: ${cleanLine(brief, shownPathChars)}`;
  const found = imagesFirst(withoutNames(differences(before, after).flatMap(toLeaves)));
  if (found.length === 0) return head;
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

/** A named item says its name in its path; a variable is then its value alone: `env.A (none) → b`. */
function withoutNames(found: readonly Difference[]): Difference[] {
  return found.flatMap((each, index) => {
    const item = each.path.slice(0, each.path.lastIndexOf('/'));
    // The leaves of one item stand side by side.
    const others = [found[index - 1], found[index + 1]].filter(other => other?.path.startsWith(`${item}/`));
    const isName = others.length > 0 && namesItself(each);
    if (isName) return [];
    const isOnlyValue = each.path === `${item}/value` && others.length === 1 && others.every(namesItself);
    return [isOnlyValue ? { ...each, path: item } : each];
  });
}

function namesItself(leaf: Difference | undefined): boolean {
  if (leaf === undefined || (leaf.before !== undefined && leaf.after !== undefined)) return false;
  const name = leaf.before ?? leaf.after;
  return typeof name === 'string' && leaf.path.endsWith(`/${name}/name`);
}

/** What runs is what a list is read for. */
function imagesFirst(found: readonly Difference[]): Difference[] {
  const isImage = ({ path }: Difference) => path.endsWith('/image');
  return [...found.filter(isImage), ...found.filter(each => !isImage(each))];
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
