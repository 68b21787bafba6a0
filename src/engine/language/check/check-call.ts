import type * as z from 'zod';
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import type { PlaybookCall } from '../../../core/playbook.ts';
import { type Trusted, trusted } from '../../../core/trusted-text.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import { fillIn } from '../expressions/fill-in.ts';
import { readTemplate } from '../expressions/template.ts';
import type { NearNames } from '../near-names.ts';
import { fieldText, type Place } from '../read-playbook.ts';
import { checkTextsOf, type Texts } from './check-texts.ts';
import type { Flow } from './flow.ts';

/** What calls are checked against. */
export interface Calls extends Texts {
  tools: ReadonlyMap<string, Tool>;
  /** What an expression without variables comes to; undefined: it has some, or comes to nothing. */
  constant(source: string): Promise<Json | undefined>;
}

/**
 * One call: its tool is there and of the sort that belongs here, what is written out of its arguments is what the tool
 * takes, and what expressions come to is at least of the type. Undefined: the tool was not usable.
 */
export async function checkCall(
  calls: Calls,
  {
    call,
    place,
    must,
  }: { call: PlaybookCall; place: Place; must?: { be: Tool['kind']; why: string; fix: string } },
  flow: Flow,
): Promise<Tool | undefined> {
  const { report, tools } = calls;
  checkTextsOf(calls, { values: call.with, place: [...place, 'with'] }, flow);
  const tool = tools.get(call.tool);
  if (tool === undefined) {
    report.add([...place, 'tool'], {
      message: `there is no tool ${call.tool}`,
      fix: report.near.fix(call.tool, tools.keys(), trusted`All tools: docs/tools.md`),
    });
    return undefined;
  }
  if (tool.kind === 'act') {
    report.add([...place, 'tool'], {
      message: `${call.tool} is no step`,
      fix: 'A playbook calls another by a step of its own: {playbook: NAME, with: …}',
    });
    return undefined;
  }
  if (must !== undefined && tool.kind !== must.be) {
    report.add([...place, 'tool'], { message: `${call.tool} ${must.why}`, fix: must.fix });
    return undefined;
  }
  await checkArguments(calls, { tool, given: call.with, place }, flow);
  return tool;
}

/** How sure a value is: worked out later and of no known type, of a known type, or a text with something in it. */
interface Open {
  path: Place;
  known: 'nothing' | 'type';
}

async function checkArguments(
  calls: Calls,
  { tool, given, place }: { tool: Tool; given: JsonObject; place: Place },
  flow: Flow,
): Promise<void> {
  const open: Open[] = [];
  const sample = await sampleOf(given, { calls, flow, open, path: [] });
  const read = tool.input.safeParse(sample);
  if (read.success) return;
  for (const issue of read.error.issues) {
    if (isOpen(issue, open)) continue;
    for (const { path, ...mistake } of described(issue, { tool, near: calls.report.near }))
      calls.report.add([...place, 'with', ...path], mistake);
  }
}

interface Sampling {
  calls: Calls;
  flow: Flow;
  open: Open[];
  path: Place;
}

/** The arguments as they would be, as far as that is known now. */
async function sampleOf(value: Json, sampling: Sampling): Promise<unknown> {
  if (typeof value === 'string') return sampleOfText(value, sampling);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries())
      items.push(await sampleOf(item, { ...sampling, path: [...sampling.path, index] }));
    return items;
  }
  if (!isObject(value)) return value;
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value))
    members.push([key, await sampleOf(member ?? null, { ...sampling, path: [...sampling.path, key] })]);
  return Object.fromEntries(members);
}

async function sampleOfText(text: string, { calls, flow, open, path }: Sampling): Promise<unknown> {
  const { embedded, whole } = readTemplate(text);
  const [first] = embedded;
  if (first === undefined) return text;
  const constants = new Map<string, Json>();
  for (const { source } of embedded) {
    const value = await calls.constant(source);
    if (value !== undefined) constants.set(source, value);
  }
  if (embedded.every(({ source }) => constants.has(source)))
    return fillIn(text, source => Promise.resolve(constants.get(source) ?? null));
  if (!whole) {
    open.push({ path, known: 'type' });
    return text;
  }
  const checked = calls.checker.check(first.source, flow);
  const kind = 'problems' in checked ? 'dyn' : (/^\w+/.exec(checked.type)?.[0] ?? 'dyn');
  const known = Object.hasOwn(samples, kind);
  open.push({ path, known: known ? 'type' : 'nothing' });
  return known ? samples[kind] : undefined;
}

/** A value of each type of CEL that JSON has. What is a number may be whole. */
const samples: Readonly<Record<string, unknown>> = {
  string: 'x',
  int: 1,
  double: 1,
  bool: true,
  list: [],
  map: {},
};

/** Whether an issue may go away once everything is known. */
function isOpen({ path, code }: z.core.$ZodIssue, open: readonly Open[]): boolean {
  return open.some(each => {
    const shared = Math.min(path.length, each.path.length);
    if (!each.path.slice(0, shared).every((part, index) => part === path[index])) return false;
    if (path.length < each.path.length) return ['custom', 'invalid_union'].includes(code);
    return each.known === 'nothing' || path.length > each.path.length || code !== 'invalid_type';
  });
}

function described(
  issue: z.core.$ZodIssue,
  { tool, near }: { tool: Tool; near: NearNames },
): { path: Place; message: string; fix: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? Object.keys(tool.input.shape) : [];
    return issue.keys.map(key => {
      return {
        path: [...issue.path, key],
        message: `${tool.name} takes no ${fieldText([...issue.path, key])}`,
        fix: near.fix(key, known, argumentsOf(tool)),
      };
    });
  }
  const field = fieldText(issue.path);
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return [{ path: issue.path, message: `${tool.name} needs ${field}`, fix: argumentsOf(tool) }];
  const why = issue.message.replace(/^Invalid \w+: /, '');
  const message = field === '' ? `${tool.name}: ${why}` : `${tool.name} takes another ${field}: ${why}`;
  return [{ path: issue.path, message, fix: argumentsOf(tool) }];
}

function argumentsOf(tool: Tool): Trusted {
  return trusted`${tool.name} takes ${Object.keys(tool.input.shape)}: docs/tools.md`;
}
