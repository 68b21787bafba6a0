import { isObject, type Json, type JsonObject, plainText, textIn } from '../../core/json.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { type CommandShape, type Flag, shapeOf } from './shape.ts';

/** A call of a tool as a command line that a shell takes as it stands, whatever its values hold. */
export function commandText(tool: Tool, input: JsonObject): string {
  const shape = shapeOf(tool);
  const words = shape.words.flatMap(word => wordsOf(word, input[word.field]));
  const target = shape.words.find(({ what }) => what === 'ref');
  const bound = isObject(input[target?.field ?? '']) ? input[target?.field ?? ''] : {};
  const flags = shape.flags.flatMap(flag => {
    const value = input[flag.field] ?? (isObject(bound) ? bound[flag.field] : undefined);
    return value === undefined || value === flag.default ? [] : flagText(flag, value);
  });
  const rest = shape.words.some(({ what, field }) => what === 'rest' && input[field] !== undefined);
  const [before, after] = rest ? [words.slice(0, -1), words.slice(-1)] : [words, []];
  const line = [`vigie ${shape.family} ${shape.verb}`, ...before, ...flags, ...after].join(' ');
  return line + fileText(shape, input);
}

function wordsOf(word: CommandShape['words'][number], value: Json | undefined): string[] {
  if (value === undefined) return [];
  if (word.what === 'rest') return [`-- ${(Array.isArray(value) ? value : [value]).map(quoted).join(' ')}`];
  if (word.what === 'value' || !isObject(value)) return [quoted(value)];
  return [quoted(`${textIn(value['kind']).toLowerCase()}/${textIn(value['name'])}`)];
}

function flagText(flag: Flag, value: Json): string[] {
  const name = flag.short === undefined ? `--${flag.long}` : `-${flag.short}`;
  if (flag.value === 'file') return [`${name} -`];
  if (flag.value === 'switch') return [value === true ? name : `--no-${flag.long}`];
  const values = Array.isArray(value) ? value : [value];
  // What begins with a dash would be taken for another flag.
  if (values.some(each => plainText(each).startsWith('-')))
    return values.map(each => `--${flag.long}=${quoted(each)}`);
  return [`${name} ${values.map(quoted).join(' ')}`];
}

/** A manifest comes in from the lines after the command. */
function fileText({ flags }: CommandShape, input: JsonObject): string {
  const file = flags.find(({ value, field }) => value === 'file' && input[field] !== undefined);
  return file === undefined ? '' : ` <<'END'\n${plainText(input[file.field])}\nEND`;
}

/** As a POSIX shell takes it for one word, on one line: a name that breaks it would look like a line of its own. */
function quoted(value: Json): string {
  const text = plainText(value);
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (/\p{Cc}/u.test(text))
    return `"$(printf '%b' '${text.replaceAll(/[^\w@%+=:,./ -]/g, character => octal(character))}')"`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function octal(text: string): string {
  return [...Buffer.from(text)].map(byte => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
