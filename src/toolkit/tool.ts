import * as z from 'zod';
import type { KubeReader } from '../clients/kube/reader.ts';
import type { Actor, Assurance } from '../core/actor.ts';
import type { Change } from '../core/change.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { ChangeReader, ChangeRecord } from '../store/change-reader.ts';
import type { LocalEnd } from './local-end.ts';
import type { PlaybookDesk } from './playbook-desk.ts';
import type { Systems } from './systems.ts';
import type { TriedChange } from './tried-change.ts';

/** One environment as tools may see it: no credentials, no paths. */
export interface EnvironmentView {
  name: string;
  /** Where its cluster is: the kube context's name, `sandbox: <world>`, or `none`. */
  cluster: string;
  kind: 'kube' | 'sandbox' | 'none';
  /** The namespaces it is bound to; undefined: all of the cluster. */
  namespaces: readonly string[] | undefined;
  clusterScoped: boolean;
  policy: { low: string; medium: string; high: string };
}

/** What a tool is handed for one call. Readers only: nothing here can write. */
export interface ToolContext {
  environment: EnvironmentView;
  /** All configured environments, for environments_list. */
  environments: readonly EnvironmentView[];
  kube: KubeReader;
  /** What the environment has beside its cluster. */
  systems: Systems;
  changes: ChangeReader;
  /** Playbooks and runs of them. Nothing of it is loaded before its first use. */
  playbooks: PlaybookDesk;
  /** What others did since to the objects of a change that stands, a line each; asks its cluster. */
  changedSince(record: ChangeRecord): Promise<string[]>;
  actor: Actor;
  assurance: Assurance;
  readOnly: boolean;
  now: Date;
  /** What time the cluster said it is in its newest answer, before any our own: ages of its objects are told by it. */
  clusterTime: () => Date;
  signal: AbortSignal;
  /** Masks the secrets known here; for text that a tool must look through before it leaves, such as a filtered log. */
  mask(text: string): string;
  /** Masks an object of the cluster by its places as well, however short a value is; for one of which a field is shown alone. */
  maskObject(object: JsonObject): JsonObject;
  /** How each change would end, by the server's own dry run; for a tool that declares `previews`, and not in read-only mode. */
  tryChanges?: (changes: readonly Change[]) => Promise<TriedChange[]>;
  /** Says what is going on, to a client that shows progress. */
  progress(message: string): void;
  /** Set only where the caller reads a stream (the terminal): lines go out as they come, and the answer stays short. */
  stream?: (line: string) => void;
  /** Set only where the caller sits at a terminal of this process: their files, to be looked at. */
  local?: Pick<LocalEnd, 'absolute' | 'placeFor' | 'read'>;
  /** The largest text this caller takes; a tool pages or folds to fit. */
  budgetBytes: number;
}

/** A read's answer: `data` fits the output schema; `text` is what a person or a model reads, rows included. */
export interface ReadResult {
  data: JsonObject;
  text: string;
}

/** What a change tool's plan comes to: changes to be made, none (nothing to do), or the answer to an input that only asks. */
export type Planned = Change[] | { answer: ReadResult };

/** What is wrong with one field of an input. */
export interface Issue {
  /** `target.name`; empty for the whole input. */
  field: string;
  message: string;
}

type Parsed<Run> = { ok: true; input: JsonObject; run: Run } | { ok: false; issues: Issue[] };

interface ToolFacts {
  /** `<family>_<verb>`, snake_case. */
  name: string;
  title: string;
  description: string;
  /** Strict; holds the fields every tool of its sort has. */
  input: z.ZodObject;
  output: z.ZodObject;
  idempotent: boolean;
  /** False for the few tools that concern Vigie itself and no environment. */
  environmental: boolean;
}

/** A tool whose every answer only tells. */
export interface ReadTool extends ToolFacts {
  kind: 'read';
  /**
   * It may try changes. `sent`: those its caller sent, who is then treated and answered as one who proposes; `own`: those
   * it makes of what it read, in an answer that shows the cluster.
   */
  previews: 'sent' | 'own' | undefined;
  parse(raw: unknown): Parsed<(context: ToolContext) => Promise<ReadResult>>;
}

/** A tool that plans changes; the pipeline makes them. */
export interface ChangeTool extends ToolFacts {
  kind: 'change';
  /** False only where no input can take anything away (annotation destructiveHint). */
  destructive: boolean;
  parse(raw: unknown): Parsed<(context: ToolContext) => Promise<Planned>>;
}

/**
 * A tool that does something to Vigie's own runs, and nothing to a cluster: whatever a run changes goes the whole way of a
 * change by itself, in the name of who started it. It is no read, for what it sets going may change something.
 */
export interface ActTool extends ToolFacts {
  kind: 'act';
  /** What it sets going may take something away (annotation destructiveHint). */
  destructive: boolean;
  parse(raw: unknown): Parsed<(context: ToolContext) => Promise<ReadResult>>;
}

export type Tool = ReadTool | ChangeTool | ActTool;

const environmentField = {
  environment: z.string().max(63).optional().describe('If there are several.'),
};

const changeFields = {
  waitSeconds: z.int().min(0).max(limits.waitSeconds).default(60).describe('Wait for health.'),
  reason: z.string().max(limits.reasonChars).optional().describe('For the approver.'),
};

/** What every change tool answers. */
const changeOutput = z.object({
  status: z.string(),
  id: z.string().optional(),
  ticket: z.string().optional(),
  summary: z.string(),
  risk: z.string().optional(),
  diff: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  expiresAt: z.string().optional(),
  approveWith: z.string().optional(),
  rule: z.string().optional(),
  evidence: z.array(z.string()).optional(),
  undo: z.string().optional(),
  next: z.string().optional(),
  auditHead: z.string().optional(),
});

interface Reading<I extends z.ZodRawShape, O extends z.ZodRawShape> {
  read(
    input: z.output<z.ZodObject<I>>,
    context: ToolContext,
  ): Promise<{ data: z.output<z.ZodObject<O>>; text: string }>;
}

/**
 * A tool that only reads. `read` returns data that fits `output`, and the same as text. One that brings much code has a
 * module of its own for it, which `load` imports at the first call: every command loads the list of tools.
 */
export function defineReadTool<I extends z.ZodRawShape, O extends z.ZodRawShape>(
  definition: {
    name: string;
    title: string;
    description: string;
    input: z.ZodObject<I>;
    output: z.ZodObject<O>;
    environmental?: false;
    previews?: 'sent' | 'own';
  } & (Reading<I, O> | { load(): Promise<Reading<I, O>> }),
): ReadTool {
  const environmental = definition.environmental ?? true;
  const input = environmental
    ? z.strictObject({ ...definition.input.shape, ...environmentField })
    : definition.input;
  const { name, title, description, output } = definition;
  return {
    kind: 'read',
    previews: definition.previews,
    name,
    title,
    description,
    input,
    output,
    idempotent: true,
    environmental,
    parse: raw => parseWith({ whole: input, own: definition.input }, raw, reading(definition)),
  };
}

/** A tool that does something to runs of playbooks; `read` does it, and answers as a read does. */
export function defineActTool<I extends z.ZodRawShape, O extends z.ZodRawShape>(definition: {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject<I>;
  output: z.ZodObject<O>;
  environmental?: false;
  idempotent?: boolean;
  load(): Promise<Reading<I, O>>;
}): ActTool {
  const environmental = definition.environmental ?? true;
  const input = environmental
    ? z.strictObject({ ...definition.input.shape, ...environmentField })
    : definition.input;
  const { name, title, description, output, idempotent = false } = definition;
  return {
    kind: 'act',
    name,
    title,
    description,
    input,
    output,
    idempotent,
    destructive: true,
    environmental,
    parse: raw => parseWith({ whole: input, own: definition.input }, raw, reading(definition)),
  };
}

function reading<I extends z.ZodRawShape, O extends z.ZodRawShape>(
  definition: Reading<I, O> | { load(): Promise<Reading<I, O>> },
): (own: z.output<z.ZodObject<I>>) => (context: ToolContext) => Promise<ReadResult> {
  return own => async context => {
    const loaded = 'load' in definition ? await definition.load() : definition;
    const { data, text } = await loaded.read(own, context);
    return { data: data as JsonObject, text };
  };
}

/**
 * A tool that changes something: `plan` returns the changes and makes none. An empty list means nothing to do.
 * A tool some of whose inputs only ask names in `answers` the fields that such an answer has beside status and summary.
 */
export function defineChangeTool<I extends z.ZodRawShape>(definition: {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject<I>;
  answers?: z.ZodRawShape;
  idempotent?: boolean;
  destructive?: boolean;
  /** What is waited for, where it is not health alone; false where the end is known at once. */
  waits?: false | string;
  plan(input: z.output<z.ZodObject<I>>, context: ToolContext): Promise<Planned>;
}): ChangeTool {
  const { waitSeconds, ...others } = changeFields;
  const { waits } = definition;
  const waiting = typeof waits === 'string' ? waitSeconds.describe(waits) : waitSeconds;
  const common = waits === false ? others : { waitSeconds: waiting, ...others };
  const input = z.strictObject({ ...definition.input.shape, ...common, ...environmentField });
  const { name, title, description } = definition;
  return {
    kind: 'change',
    name,
    title,
    description,
    input,
    output: definition.answers === undefined ? changeOutput : changeOutput.extend(definition.answers),
    idempotent: definition.idempotent ?? false,
    destructive: definition.destructive ?? true,
    environmental: true,
    parse: raw =>
      parseWith(
        { whole: input, own: definition.input },
        raw,
        own => context => definition.plan(own, context),
      ),
  };
}

/** Checks the whole input once; `own` is the same input without the fields that every tool has. */
function parseWith<I extends z.ZodRawShape, Run>(
  schemas: { whole: z.ZodObject; own: z.ZodObject<I> },
  raw: unknown,
  bind: (own: z.output<z.ZodObject<I>>) => Run,
): Parsed<Run> {
  const whole = schemas.whole.safeParse(raw ?? {});
  if (!whole.success) return { ok: false, issues: whole.error.issues.map(issueOf) };
  const input = whole.data as JsonObject;
  const ownKeys = Object.keys(schemas.own.shape);
  const ownRaw = Object.fromEntries(Object.entries(raw ?? {}).filter(([key]) => ownKeys.includes(key)));
  return { ok: true, input, run: bind(schemas.own.parse(ownRaw)) };
}

function issueOf(issue: z.core.$ZodIssue): Issue {
  return { field: issue.path.map(String).join('.'), message: issue.message };
}
