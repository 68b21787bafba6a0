import type * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Playbook, PlaybookMistake } from '../../core/playbook.ts';
import { type ParsedDocument, parseDocuments } from '../../core/strict-yaml.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import { caps } from './caps.ts';
import { exampleOf } from './examples.ts';
import { NearNames } from './near-names.ts';
import { playbookSchema } from './playbook-schema.ts';
import { printPlaybook } from './print-playbook.ts';
import { stepsReader } from './read-step.ts';

/** A path within the document, as it is written: `['steps', 2, 'with', 'namespace']`. */
export type Place = readonly PropertyKey[];

/** Where the parts of a playbook stand in its file. */
export type Positions = Pick<ParsedDocument, 'at' | 'markAt'>;

/** A playbook as its file has it, or what is wrong with the file. */
export type ReadPlaybook =
  | { playbook: Playbook; positions: Positions; digest: string }
  | { playbook?: never; mistakes: PlaybookMistake[] };

/**
 * Reads one playbook: YAML 1.2 and nothing that stands for something else in it, then its form. What its expressions and
 * calls say is not looked at here (check-playbook.ts). The digest is that of what it says, not of how it is written.
 */
export async function readPlaybook(text: string): Promise<ReadPlaybook> {
  const document = await readOneDocument(text, {
    one: 'a file holds one playbook',
    empty: 'Begin with one that can be read: vigie playbooks new NAME',
  });
  if ('mistakes' in document) return document;
  const read = playbookSchema(stepsReader()).safeParse(document.document);
  if (!read.success) return { mistakes: mistakesOf(read.error.issues, document) };
  const playbook = read.data;
  return { playbook, positions: document, digest: sha256Hex(await printPlaybook(playbook)) };
}

/** The one document of a file of people's, within the bounds of a playbook. `one`: what a file holds; `empty`: how to begin. */
export async function readOneDocument(
  text: string,
  { one, empty }: { one: string; empty: string },
): Promise<ParsedDocument | { mistakes: PlaybookMistake[] }> {
  let documents: ParsedDocument[];
  try {
    documents = await parseDocuments(text, { bytes: caps.fileBytes, values: caps.fileValues, plain: true });
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'INVALID_MANIFEST') throw error;
    return { mistakes: [syntaxMistake(text, error.details)] };
  }
  const [document, second] = documents;
  if (document === undefined) return { mistakes: [atTop('the file is empty', empty)] };
  if (second === undefined) return document;
  const more = atTop(`${one}, and a second begins here`, 'Put it into a folder of its own.');
  return { mistakes: [{ ...more, line: second.line }] };
}

function atTop(message: string, fix: string): PlaybookMistake {
  return { line: 1, column: 1, field: '', message, fix };
}

/** What stops YAML before it is one; mostly a text with an expression in it that nobody quoted. */
function syntaxMistake(text: string, { line, column, problem }: JsonObject): PlaybookMistake {
  const at = typeof line === 'number' ? line : 1;
  const written = text.split('\n', at)[at - 1] ?? '';
  return {
    line: at,
    column: typeof column === 'number' ? column : 1,
    field: '',
    message: typeof problem === 'string' ? problem : 'the text cannot be read',
    fix: written.includes('{{')
      ? 'Put the text with the expression between quotes: "${{ … }}"'
      : 'Mend the line; texts with a colon, a # or a brace in them need quotes.',
  };
}

type Issue = z.core.$ZodIssue;

/** What a schema says of a document, in the order of the file. */
export function mistakesOf(issues: readonly Issue[], document: ParsedDocument): PlaybookMistake[] {
  const near = new NearNames();
  return inOrder(issues.flatMap(issue => mistakesOfIssue(issue, { document, near })));
}

/** The first so many, in the order of the file. */
export function inOrder(mistakes: readonly PlaybookMistake[]): PlaybookMistake[] {
  return mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, caps.mistakes);
}

function mistakesOfIssue(
  issue: Issue,
  { document, near }: { document: ParsedDocument; near: NearNames },
): PlaybookMistake[] {
  if (issue.code === 'unrecognized_keys') {
    // How the strict objects of a playbook name the keys that they have.
    const known = issue.message.split(' ');
    return issue.keys.slice(0, caps.mistakes).map(key => {
      const fix = near.fix(key, known, trusted`Keys here: ${known}.`);
      return mistakeAt(document, [...issue.path, key], { message: `there is no key ${key} here`, fix });
    });
  }
  if (issue.code === 'invalid_key') {
    const message = `the name ${issue.issues[0]?.message ?? 'is none'}`;
    return [mistakeAt(document, issue.path, { message, fix: 'For example: namespace, maxPods' })];
  }
  const key = String(issue.path.at(-1) ?? '');
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const message = missing ? `${key} is missing` : issue.message.replace(/^Invalid \w+: /, '');
  const own: unknown = issue.code === 'custom' ? issue.params?.['fix'] : undefined;
  const fix = typeof own === 'string' ? own : (meantBy(issue, { document, near }) ?? exampleOf(issue.path));
  return [mistakeAt(document, issue.path, { message, fix })];
}

/** The word that stands there, where it is nearly one of those that may. */
function meantBy(
  issue: Issue,
  { document, near }: { document: ParsedDocument; near: NearNames },
): string | undefined {
  if (issue.code !== 'invalid_value') return undefined;
  const words = issue.values.filter(value => typeof value === 'string');
  const written = valueAt(document.document, issue.path);
  const meant = typeof written === 'string' ? near.of(written, words) : [];
  return meant.length === 0 ? undefined : trusted`Did you mean ${meant}?`;
}

function valueAt(document: Json, place: Place): Json | undefined {
  return place.reduce<Json | undefined>((value, key) => {
    if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
    return isObject(value) && typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined;
  }, document);
}

/** A mistake where a path leads to. */
export function mistakeAt(
  positions: Positions,
  place: Place,
  { message, fix }: { message: string; fix: string },
): PlaybookMistake {
  const { line, column } = positions.at(place);
  return { line, column, field: fieldText(place), message: cleanLine(message, longestMessage), fix };
}

/** A name of the file in it is at most 64 letters; what the author wrote beyond that is in the file. */
const longestMessage = 400;

/** `steps[2].with.namespace` */
export function fieldText(place: Place): string {
  const text = place
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  return cleanLine(text, longestMessage);
}
