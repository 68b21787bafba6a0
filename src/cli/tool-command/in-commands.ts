import { isObject, type Json, type JsonObject, plainText } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import { commandLineTools, toolFamilies } from '../../tools/index.ts';
import { type CommandShape, shapeOf } from './shape.ts';

/** What was asked, and of which environment where one was named: a command without it would be asked back. */
interface Asked {
  /** Absent: no tool was called by the one who reads. */
  shape?: CommandShape;
  environment?: string;
}

// As trusted-text.ts takes them into a sentence.
const word = /^\w[\w.-]*$/;

/**
 * An answer that speaks of tools and their fields, as whoever types commands reads it: `k8s_logs` is `vigie k8s logs`
 * there, and `deleteLocalData` a flag. What may be the cluster's text is left alone: only hints and next steps are
 * changed, and the beginnings that Vigie gives to a refusal of what was typed.
 */
export function inCommands(
  result: CallResult,
  call: { shape?: CommandShape; input?: JsonObject } = {},
): CallResult {
  const environment = call.input?.['environment'];
  const named = typeof environment === 'string' && word.test(environment) ? { environment } : {};
  const asked: Asked = { ...(call.shape === undefined ? {} : { shape: call.shape }), ...named };
  const data = { ...result.data };
  for (const step of ['hint', 'next'])
    if (typeof data[step] === 'string') data[step] = stepInCommands(data[step], asked);
  if (data['code'] === 'INVALID_INPUT' && typeof data['message'] === 'string')
    data['message'] = refusalInCommands(data['message'], asked);
  const { details } = data;
  if (isObject(details) && Array.isArray(details['issues']))
    data['details'] = { ...details, issues: details['issues'].map(issue => issueInCommands(issue, asked)) };
  return { ...result, data };
}

/** One of Vigie's own sentences about what to do. */
function stepInCommands(text: string, asked: Asked): string {
  const { shape } = asked;
  const place = asked.environment === undefined || text.includes(' -e ') ? '' : ` -e ${asked.environment}`;
  return text
    .replaceAll(
      /\b[a-z0-9]+_[a-z_]+\b(?: with action ([a-z]+)\b| (\{(?:[^{}]|\{[^{}]*\})*\}))?/g,
      (all, action, input) => {
        const tool = shapeNamed(/^\w+/.exec(all)?.[0] ?? '');
        if (tool === undefined) return all;
        const rest = typeof action === 'string' ? ` ${action}` : argumentsOf(tool, input);
        return rest === undefined ? all : `vigie ${tool.family} ${tool.verb}${rest}`;
      },
    )
    .replaceAll(/\bvigie k8s [a-z-]+/g, command => command + place)
    .replaceAll(/\bthe argument (\w+)/g, (all, field) => spelled(field, shape) ?? all)
    .replaceAll(/\b(\w+): true\b/g, (all, field) => spelled(field, shape) ?? all)
    .replaceAll(/\b\w+(?:, \w+)+/g, all => listSpelled(all, shape))
    .replaceAll(/(?<!-)\b[a-z]+[A-Z]\w*/g, field => spelled(field, shape) ?? field);
}

/** `k8s_node cannot be called so: action: …`, `image: …`. */
function refusalInCommands(message: string, { shape }: Asked): string {
  if (shape === undefined) return message;
  const { tool, family, verb } = shape;
  if (!message.startsWith(`${tool.name} `)) return fieldInCommands(message, shape);
  const [head = '', ...lines] = message.slice(tool.name.length).split(/(?<= so: )|(?<=; )/);
  return `vigie ${family} ${verb}${head}${lines.map(line => fieldInCommands(line, shape)).join('')}`;
}

function issueInCommands(issue: Json, { shape }: Asked): Json {
  if (typeof issue === 'string') return fieldInCommands(issue, shape);
  if (!isObject(issue) || typeof issue['field'] !== 'string') return issue;
  return { ...issue, field: fieldInCommands(`${issue['field']}: `, shape).slice(0, -2) };
}

/** `target.kind: …` begins with the field that it is about. */
function fieldInCommands(text: string, shape: CommandShape | undefined): string {
  const [head, field] = /^(\w+)(?:[.[][\w.[\]]*)?(?=: )/.exec(text) ?? [];
  const known = field === undefined ? undefined : spelled(field, shape);
  return head === undefined || known === undefined ? text : known + text.slice(head.length);
}

/** A field as it is typed: `--wait`, `<action>`. Undefined: it is none of this command. */
function spelled(field: unknown, shape: CommandShape | undefined): string | undefined {
  if (shape === undefined) return undefined;
  const { words, flags } = shape;
  const flag = flags.find(each => each.field === field);
  if (flag !== undefined) return flag.short === undefined ? `--${flag.long}` : `-${flag.short}`;
  const place = words.find(each => each.field === field);
  return place === undefined ? undefined : `<${place.what === 'ref' ? 'kind/name' : place.field}>`;
}

function listSpelled(list: string, shape: CommandShape | undefined): string {
  const fields = list.split(', ').map(field => spelled(field, shape));
  return fields.every(field => field !== undefined) ? fields.join(', ') : list;
}

/** A call's input as words and flags; undefined where it cannot be typed so. */
function argumentsOf({ words, flags }: CommandShape, json: unknown): string | undefined {
  if (typeof json !== 'string') return '';
  const input: unknown = JSON.parse(json);
  if (!isObject(input)) return undefined;
  const typed = Object.entries(input).map(([field, value]) => {
    if (isObject(value)) return objectTyped(value);
    if (words.some(each => each.field === field)) return ` ${plainText(value)}`;
    const flag = flags.find(each => each.field === field);
    return flag === undefined ? undefined : ` --${flag.long}${value === true ? '' : ` ${plainText(value)}`}`;
  });
  return typed.every(part => part !== undefined) ? typed.join('') : undefined;
}

/** One object: `deployment/web -n shop`. */
function objectTyped({ kind, name, namespace }: JsonObject): string {
  const place = namespace === undefined ? '' : ` -n ${plainText(namespace)}`;
  return ` ${plainText(kind).toLowerCase()}/${plainText(name)}${place}`;
}

function shapeNamed(name: string): CommandShape | undefined {
  const families = [...Object.values(toolFamilies), ...Object.values(commandLineTools)];
  const tool = families.flat().find(each => each.name === name);
  return tool === undefined ? undefined : shapeOf(tool);
}
