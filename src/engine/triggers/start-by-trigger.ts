import { sha256Hex } from '../../core/digest.ts';
import { type ErrorCode, VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Begun, NewRun, Occasion } from '../../core/journal.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { milliseconds } from '../interpreter/retry.ts';
import { fillIn } from '../language/expressions/fill-in.ts';
import { prepareRun, type Starting } from '../start-run.ts';
import { refuseUnattended } from './refuse-unattended.ts';
import { reportStorm } from './report-storm.ts';

/**
 * More starts than these within ten minutes are held. Five runs go on in an environment at once, and each takes minutes:
 * ten of one playbook are twice what it gets through, and of thirty in all nobody reads what they came to.
 */
const storm = { ofName: 10, inEnvironment: 30, withinMs: 10 * 60_000 };

/** What a playbook says wrongly, or was handed wrongly: no start of it goes better by trying again. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'INVALID_INPUT',
  'PLAYBOOK',
  'EXPRESSION',
  'NOT_REHEARSED',
  'TOO_LARGE',
]);

/** What came from outside, or came round. */
export interface Trigger {
  kind: 'alert' | 'schedule' | 'webhook' | 'event';
  /** The sender, schedule or watch by which it came, as vigie.yaml or the playbook names it. */
  name: string;
  /** Whoever tells of the same again gives the same: told twice, it starts one run. */
  id: string;
  /** What expressions see as `trigger` beside kind and name; `alert` or `event` in it they see as such. Cleaned and bounded. */
  facts: JsonObject;
  /** What the run keeps of it for its steps, where that is less: it goes into every expression of a step. */
  kept?: JsonObject;
}

/** One playbook, checked, that one trigger would start in one environment. */
export interface TriggerOrder {
  playbook: Playbook;
  digest: string;
  source: string;
  environment: string;
  trigger: Trigger;
  /** As they stand under `on`, with their expressions. */
  inputs: JsonObject;
  /** As it stands under `on`. Absent: by what `alike` says. */
  dedupe?: string | undefined;
  /** Absent: none. */
  cooldown?: string | undefined;
  /** What it is alike by where the playbook does not say; never looked through for expressions. Absent: nothing else is like it. */
  alike?: string;
}

/** What came of a trigger. */
export type Triggered =
  | { is: 'started'; run: string }
  | Exclude<Begun, { is: 'started' | 'held' }>
  /** A storm: too many were started just before. */
  | { is: 'held' }
  /** Nothing of it begins without a person. `rule`: of policy, or the code of what is wrong. */
  | { is: 'refused'; rule: string; why: string };

/** What became of a trigger for one playbook. */
export interface TriggerCame {
  playbook: string;
  environment: string;
  trigger: Trigger;
  came: Triggered;
}

/** What starting by a trigger needs. */
export interface TriggerParts extends Starting {
  vigie: Vigie;
}

/**
 * Starts a run that nobody watches, once for each trigger, or says why not.
 * @throws VigieError STORE and whatever passes by itself: then nothing was started, and it may be told again
 */
export async function startByTrigger(parts: TriggerParts, order: TriggerOrder): Promise<Triggered> {
  // By vigie.yaml as it is now: a worker lives for months.
  const vigie = await parts.vigie.inForce('change');
  const denial = await refuseUnattended(vigie, order);
  return denial === undefined ? startAdmitted(parts, order) : { is: 'refused', ...denial };
}

/** Why nothing would begin by it now; undefined: something would. Nothing is begun. @throws VigieError as startByTrigger does */
export async function refusalNow(parts: TriggerParts, order: TriggerOrder): Promise<string | undefined> {
  const denial = await refuseUnattended(await parts.vigie.inForce('change'), order);
  if (denial !== undefined) return denial.why;
  const prepared = await prepare(parts, order);
  return 'is' in prepared ? prepared.why : undefined;
}

/** The same for one of several of which policy was asked just now. @throws VigieError as startByTrigger does */
export async function startAdmitted(parts: TriggerParts, order: TriggerOrder): Promise<Triggered> {
  const { journal } = parts;
  const { trigger } = order;
  const prepared = await prepare(parts, order);
  if ('is' in prepared) return prepared;
  const { occasion, run } = prepared;
  const begun = await journal.begin(occasion, run);
  if (begun.is === 'held') {
    if (begun.first) await reportStorm(parts.vigie, { storm: begun.storm, trigger });
    return { is: 'held' };
  }
  return begun.is === 'started' ? { is: 'started', run: run.id } : begun;
}

/** The name of a trigger in the journal: of one length, whatever a sender calls it. */
export function occasionOf({ kind, name, id }: Pick<Trigger, 'kind' | 'name' | 'id'>): string {
  return `${kind}:${sha256Hex(canonicalJson([name, id]))}`;
}

/** What expressions under `on` see. */
export function valuesOf({ kind, name, facts }: Trigger): JsonObject {
  const own = kind === 'alert' || kind === 'event' ? { [kind]: facts[kind] ?? {} } : {};
  return { trigger: { kind, name, ...facts }, ...own };
}

/** The inputs that a trigger hands over. @throws VigieError EXPRESSION */
export async function fillInputs(
  inputs: JsonObject,
  evaluate: Parameters<typeof fillIn>[1],
): Promise<JsonObject> {
  const filled = await fillIn(inputs, evaluate);
  return filled as JsonObject;
}

async function prepare(
  parts: TriggerParts,
  order: TriggerOrder,
): Promise<{ run: NewRun; occasion: Occasion } | Extract<Triggered, { is: 'refused' }>> {
  const { trigger } = order;
  try {
    const values = valuesOf(trigger);
    const evaluate = (source: string) => parts.evaluator.evaluate(source, { values });
    const inputs = await fillInputs(order.inputs, evaluate);
    const occasion = { what: occasionOf(trigger), ...(await likeOf(order, evaluate)), ...stormOf(trigger) };
    const run = await prepareRun(parts, { ...order, id: newId(), inputs, startedBy: starterOf(trigger) });
    return { run, occasion };
  } catch (error) {
    if (!(error instanceof VigieError) || !refusals.has(error.code)) throw error;
    return { is: 'refused', rule: error.code, why: error.message };
  }
}

/** It is no person: whoever approves is another than it (pipeline/may-approve.ts). */
function starterOf({ kind, name, facts, kept = facts }: Trigger): JsonObject {
  return { kind: 'trigger', name: `${kind}:${name}`, via: 'trigger', trigger: { kind, name, ...kept } };
}

/** A schedule comes at a pace that was written down: it is no storm. */
function stormOf({ kind }: Trigger): Pick<Occasion, 'storm'> {
  return kind === 'schedule' ? {} : { storm };
}

/** What it is alike by. @throws VigieError EXPRESSION */
export async function likeOf(
  { dedupe, cooldown, alike }: Pick<TriggerOrder, 'dedupe' | 'cooldown' | 'alike'>,
  evaluate: Parameters<typeof fillIn>[1],
): Promise<Pick<Occasion, 'like'>> {
  if (dedupe === undefined && alike === undefined && cooldown === undefined) return {};
  const by = dedupe === undefined ? (alike ?? '') : await fillIn(dedupe, evaluate);
  const coolMs = cooldown === undefined ? 0 : milliseconds(cooldown);
  return { like: { text: sha256Hex(canonicalJson(by)), coolMs } };
}
