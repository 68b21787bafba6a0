import type * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Playbook, PlaybookMistake } from '../../core/playbook.ts';
import { type ParsedDocument, parseDocuments } from '../../core/strict-yaml.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import { caps } from './caps.ts';
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
export function mistakesOf(issues: readonly Issue[], positions: Positions): PlaybookMistake[] {
  const near = new NearNames();
  return inOrder(issues.flatMap(issue => mistakesOfIssue(issue, { positions, near })));
}

/** The first so many, in the order of the file. */
export function inOrder(mistakes: readonly PlaybookMistake[]): PlaybookMistake[] {
  return mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, caps.mistakes);
}

function mistakesOfIssue(
  issue: Issue,
  { positions, near }: { positions: Positions; near: NearNames },
): PlaybookMistake[] {
  if (issue.code === 'unrecognized_keys') {
    // How the strict objects of a playbook name the keys that they have.
    const known = issue.message.split(' ');
    return issue.keys.slice(0, caps.mistakes).map(key => {
      const fix = near.fix(key, known, trusted`Keys here: ${known}.`);
      return mistakeAt(positions, [...issue.path, key], { message: `there is no key ${key} here`, fix });
    });
  }
  if (issue.code === 'invalid_key') {
    const message = `the name ${issue.issues[0]?.message ?? 'is none'}`;
    return [mistakeAt(positions, issue.path, { message, fix: 'For example: namespace, maxPods' })];
  }
  const key = String(issue.path.at(-1) ?? '');
  const given = exampleOf(key);
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const message = missing ? `${key} is missing` : issue.message.replace(/^Invalid \w+: /, '');
  const own: unknown = issue.code === 'custom' ? issue.params?.['fix'] : undefined;
  return [mistakeAt(positions, issue.path, { message, fix: typeof own === 'string' ? own : given })];
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

const examples: ReadonlyMap<string, string> = new Map(
  Object.entries({
    apiVersion: 'apiVersion: vigie/v1',
    kind: 'kind: Playbook',
    metadata: 'metadata: {name: heal-oom, title: Give more memory}',
    name: 'name: heal-oom',
    title: 'title: Give more memory',
    inputs: 'inputs: {namespace: {type: string, required: true}}',
    type: 'type: string',
    default: 'default: 1.5',
    choices: 'choices: [low, high]',
    alert: `alert: {match: "alert.labels.severity == 'critical'"}`,
    match: `match: "alert.labels.alertname == 'KubePodCrashLooping'"`,
    schedule: 'schedule: {cron: "0 6 * * *", timezone: Europe/Paris}',
    event: `event: {match: "event.reason == 'FailedMount'"}`,
    missed: 'missed: once, or missed: skip',
    cron: 'cron: "0 6 * * *"',
    timezone: 'timezone: Europe/Paris',
    timeout: 'timeout: 15m',
    steps: 'steps: [{id: look, tool: k8s_diagnose}]',
    finally: 'finally: [{tool: k8s_events}]',
    tool: 'tool: k8s_diagnose',
    with: 'with: {namespace: "${{ inputs.namespace }}"}',
    if: 'if: "${{ inputs.factor > 1 }}"',
    until: 'until: "${{ output.total == 0 }}"',
    foreach: 'foreach: {in: "${{ steps.look.output.findings }}", as: finding}',
    in: 'in: "${{ steps.look.output.findings }}"',
    as: 'as: finding',
    parallel: 'parallel: 1; as a step: parallel: {branches: [{id: a, steps: […]}, {id: b, steps: […]}]}',
    branches: 'branches: [{id: a, steps: […]}, {id: b, steps: […]}]',
    approval: 'approval: {for: [fix], from: [oncall], expires: 30m}',
    for: 'for: [fix] of an approval, for: 5m of a wait',
    from: 'from: [oncall]',
    retry: 'retry: {attempts: 3, backoff: 5s, on: [transient]}',
    on: 'on: {schedule: {cron: "0 6 * * *"}}; of a retry: on: [transient]',
    wait: 'wait: {for: 5m}',
    set: 'set: {pods: "${{ steps.look.output.total }}"}',
    playbook: 'playbook: heal-oom',
    verify: 'verify: {tool: k8s_list, with: {kind: Pod}, until: "output.total > 0"}',
    undo: 'undo: none; or undo: {tool: k8s_scale, with: {…}}',
    onFailure: 'onFailure: {undo: completedInReverse}',
    policy: 'policy: {maxTargets: 3}',
    concurrency: 'concurrency: {key: "${{ inputs.namespace }}", mode: skip}',
    id: 'id: look',
    at: 'at: "2027-01-31T06:00:00Z"',
  }),
);

function exampleOf(key: string): string {
  const example = examples.get(key);
  return example === undefined
    ? 'Every key, with examples: docs/guides/playbooks.md'
    : `For example: ${example}`;
}
