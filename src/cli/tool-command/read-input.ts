import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { ManifestPlace } from './manifest-place.ts';
import { readManifests } from './read-manifests.ts';
import { type CommandShape, type Flag, kustomizeField, type Word } from './shape.ts';
import { ownWords } from './words.ts';

/** What commander found: the words in order, and each flag's text under its field. */
export interface Typed {
  words: readonly string[];
  flags: Readonly<Record<string, unknown>>;
}

/**
 * The tool's input from a typed command line. Values are only given their shape here: whether they are allowed, the
 * tool's own schema says. @throws VigieError INVALID_INPUT where a word is missing or too many.
 */
export async function readInput(
  shape: CommandShape,
  typed: Typed,
  from: {
    stdin: AsyncIterable<unknown>;
    signal: AbortSignal;
    /** Hears where the files of a manifest begin in it. */
    placed?(places: readonly ManifestPlace[]): void;
  },
): Promise<JsonObject> {
  const input: JsonObject = {};
  const flagged = new Map<string, unknown>(Object.entries(typed.flags));
  for (const flag of shape.flags) {
    const value = flagged.get(flag.field);
    if (flag.value === 'file') {
      const kustomizations = asTexts(flagged.get(kustomizeField) ?? []);
      const files = asTexts(value ?? []);
      if (files.length + kustomizations.length === 0) continue;
      flagged.set(flag.field, files);
      const { text, places } = await readManifests({ files, kustomizations }, from);
      input[flag.field] = text;
      from.placed?.(places);
    } else if (value !== undefined) input[flag.field] = toValue(shape, { flag, typed: value });
  }
  const rest = [...typed.words];
  for (const word of shape.words) {
    if (word.what === 'value') readValue(shape, { word, rest, input });
    else if (word.what === 'rest') readRest(shape, { word, rest, input });
    else readRef(shape, { word, rest, input });
  }
  const missing = shape.flags.find(flag => flag.required && flagged.get(flag.field) === undefined);
  if (missing !== undefined) throw usage(shape, `needs --${missing.long}`);
  if (rest.length > 0) throw usage(shape, `does not take "${rest.join(' ')}"`);
  return input;
}

function readValue(
  shape: CommandShape,
  at: { word: Word & { what: 'value' }; rest: string[]; input: JsonObject },
): void {
  const typed = at.rest.shift();
  if (typed !== undefined) at.input[at.word.field] = typed;
  else if (at.word.required) throw usage(shape, `needs ${describeWord(at.word)}`);
}

function readRest(
  shape: CommandShape,
  at: { word: Word & { what: 'rest' }; rest: string[]; input: JsonObject },
): void {
  const words = at.rest.splice(0);
  if (words.length > 0) at.input[at.word.field] = words;
  else if (at.word.required) throw usage(shape, `needs -- <${at.word.field}…>`);
}

/** Reads `kind/name` or `kind name`, and moves the flags that belong to the object into it. */
function readRef(
  shape: CommandShape,
  at: { word: Word & { what: 'ref' }; rest: string[]; input: JsonObject },
): void {
  const { word, rest, input } = at;
  const [first, second] = rest;
  if (first === undefined) {
    if (word.required) throw usage(shape, 'needs an object: kind/name or kind name');
    return;
  }
  const slash = first.indexOf('/');
  const { namespace, apiVersion, labelSelector, ...others } = input;
  if (slash < 0 && second === undefined && shape.matching !== undefined && labelSelector !== undefined) {
    rest.splice(0, 1);
    replace(input, { ...others, [shape.matching]: { kind: first, namespace, labelSelector } });
    return;
  }
  if (labelSelector !== undefined && shape.matching !== undefined)
    throw usage(shape, 'takes either the name of one object or --label-selector with a kind');
  const loneName = slash < 0 && second === undefined ? ownWords[shape.tool.name]?.loneName : undefined;
  const [kind, name] =
    slash >= 0
      ? [first.slice(0, slash), first.slice(slash + 1)]
      : loneName === undefined
        ? [first, second]
        : [loneName, first];
  if (name === undefined || name === '' || kind === '')
    throw usage(
      shape,
      slash < 0
        ? `cannot tell whether ${kind} is a kind or a name: give both, kind/name or kind name`
        : `needs the ${name === '' ? 'name' : 'kind'} of the object too: kind/name or kind name`,
    );
  rest.splice(0, slash >= 0 || loneName !== undefined ? 1 : 2);
  replace(input, { ...others, [word.field]: { kind, name, namespace, apiVersion } });
}

function replace(input: JsonObject, next: JsonObject): void {
  for (const key of Object.keys(input)) delete input[key];
  Object.assign(input, JSON.parse(JSON.stringify(next)));
}

function toValue(shape: CommandShape, { flag, typed }: { flag: Flag; typed: unknown }): JsonObject[string] {
  switch (flag.value) {
    case 'switch':
      return typed === true;
    case 'list':
      // A value may hold a comma of its own.
      return ownWords[shape.tool.name]?.assigns === true
        ? asTexts(typed)
        : asTexts(typed).flatMap(text => text.split(','));
    case 'integer':
      return asNumber(flag, String(typed));
    case 'seconds':
      return asSeconds(flag, String(typed));
    case 'text':
    case 'file':
      return String(typed);
  }
}

function asTexts(typed: unknown): string[] {
  return (Array.isArray(typed) ? typed : [typed]).map(String);
}

function asNumber(flag: Flag, text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw wrongValue(flag, `takes a whole number, not "${text}"`);
  return Number(text);
}

const secondsOf: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

function asSeconds(flag: Flag, text: string): number {
  const parts = /^(\d{1,9})([smhd]?)$/.exec(text);
  const unit = secondsOf[parts?.[2] ?? ''];
  if (parts === null || unit === undefined)
    throw wrongValue(flag, `takes seconds or a time such as 90s, 5m or 2h, not "${text}"`);
  return Number(parts[1]) * unit;
}

function wrongValue(flag: Flag, what: string): VigieError {
  return new VigieError('INVALID_INPUT', `--${flag.long} ${what}`, {
    details: { issues: [{ field: flag.field, message: what }] },
  });
}

function describeWord(word: Word & { what: 'value' }): string {
  const choices = word.choices === undefined ? '' : ` (${word.choices.join(', ')})`;
  return `<${word.field}>${choices}`;
}

function usage(shape: CommandShape, what: string): VigieError {
  const command = `vigie ${shape.family} ${shape.verb}`;
  return new VigieError('INVALID_INPUT', `${command} ${what}`, {
    hint: trusted`vigie ${shape.family} ${shape.verb} --help`,
  });
}
