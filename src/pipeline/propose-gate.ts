import type { Actor } from '../core/actor.ts';
import { VigieError } from '../core/errors.ts';
import { type Gate, mostSeats } from '../core/gate.ts';
import type { JsonObject } from '../core/json.ts';
import { KnownSecrets } from '../core/known-secrets.ts';
import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import type { ChangeTool } from '../toolkit/tool.ts';
import { admitPlanned } from './admit.ts';
import { ask } from './ask.ts';
import { budgetOf } from './budget-of.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { checkClock } from './clock.ts';
import { contextFor } from './context.ts';
import { deny } from './deny.ts';
import { Exit } from './exit.ts';
import { judgePlan } from './judge-plan.ts';
import { environmentOf, invalidInput, lookUp } from './look-up.ts';
import { nothingToDo } from './nothing-to-do.ts';
import { refusePlaceholders } from './placeholders.ts';
import { digestOf, makePlan } from './plan.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { previewAll } from './preview.ts';
import { recoverOnce } from './recover.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

/** What a run asks people about before it comes to these steps. */
export interface GateOrder {
  /** Of the run. */
  actor: Actor & { run: string };
  /** What the tickets are to be called, one for each person who must agree. */
  ids: readonly string[];
  /** Of the approval step. */
  path: string;
  calls: readonly { path: string; tool: string; input: JsonObject }[];
  /** Groups whose people decide; none: whoever policy lets. */
  from: readonly string[];
  /** How long it can be decided; policy's `ticketTtl` where that is shorter. */
  expiresSeconds: number;
  signal: AbortSignal;
  budgetBytes: number;
}

/** One of its calls, as it was read. */
interface Asked {
  path: string;
  tool: ChangeTool;
  input: JsonObject;
  plan: Extract<ReturnType<ChangeTool['parse']>, { ok: true }>['run'];
}

/**
 * Asks people about what later steps of a run would change now, all of it as one plan: a ticket for each of them, or one
 * answer why there is none. Each call goes the way that `runTool` goes as far as policy; from there it is always asked.
 * Never throws.
 */
export async function proposeGate(given: Vigie, order: GateOrder): Promise<CallResult[]> {
  let exit = new Exit({ known: new KnownSecrets(), budgetBytes: order.budgetBytes, log: given.log });
  let end = (): void => undefined;
  const input: JsonObject = { step: order.path, calls: order.calls.map(each => ({ ...each })) };
  try {
    const vigie = await given.inForce('change');
    const calls = order.calls.map(each => readCall(vigie, each));
    const [first] = calls;
    if (first === undefined) return [nothingToDo(exit)];
    const environment = environmentOf(vigie, first.input);
    if (calls.some(each => environmentOf(vigie, each.input) !== environment))
      throw new VigieError('INVALID_INPUT', 'A gate is for changes in one environment.');
    end = environment.known.beginCall();
    exit = new Exit({ known: environment.known, budgetBytes: order.budgetBytes, log: vigie.log });
    const call: Call = { ...order, tool: 'approval', input };
    return await askAll(vigie, { order, call, calls, environment, exit });
  } catch (error) {
    return [exit.failed(error, await textsOf(input))];
  } finally {
    end();
  }
}

async function askAll(
  vigie: Vigie,
  at: { order: GateOrder; call: Call; calls: readonly Asked[]; environment: Environment; exit: Exit },
): Promise<CallResult[]> {
  const { order, call, calls, environment, exit } = at;
  if (order.ids.length === 0 || order.ids.length > mostSeats)
    throw new VigieError('INVALID_INPUT', `A gate is for one to ${mostSeats} people.`);
  for (const { input } of calls) refusePlaceholders(input);
  await refuseUntrustedPlugin(vigie, { environment, to: 'propose' });
  await recoverOnce(vigie, call.signal);
  const reading = await environment.reach(call.signal);
  const planned = [];
  for (const each of calls) {
    const own: Call = { ...call, tool: each.tool.name, input: each.input };
    const changes = await each.plan(contextFor(vigie, own, { exit, place: { environment, reach: reading } }));
    planned.push({ ...each, changes: Array.isArray(changes) ? changes : [] });
  }
  const all = planned.flatMap(({ changes }) => changes);
  const { accepted: policyAccepted } = await vigie.policy();
  const refused = await admitPlanned(vigie, { call, environment, planned: all, policyAccepted });
  if (refused !== undefined) return [await deny(vigie, { ...refused, call, environment, exit })];

  const reach = await environment.change(call.signal);
  // Together: of what one step makes, another may be a part.
  const previews = await previewAll(all, reach);
  checkClock(reach, { environment, now: vigie.now() });
  const base = { environment: environment.view.name, cluster: await reach.identity(), actor: order.actor };
  const keys = await vigie.keys();
  const covers: Gate['covers'] = [];
  let from = 0;
  for (const { path, tool, input, changes } of planned) {
    const own = previews.slice(from, from + changes.length).filter(({ operation }) => operation !== 'none');
    from += changes.length;
    if (own.length === 0) continue;
    const digest = digestOf({ ...base, previews: own, keys });
    covers.push({ path, tool: tool.name, input, digest, changes: own.length });
  }
  const { ticketTtlSeconds } = environment.rules;
  const plans = order.ids.map((id, index) =>
    makePlan({
      ...base,
      id,
      tool: call.tool,
      toolInput: { step: order.path, calls: covers.map(({ path, tool, input }) => ({ path, tool, input })) },
      maxTargets: environment.rules.maxTargets,
      ticketTtlSeconds: Math.min(order.expiresSeconds, ticketTtlSeconds),
      previews,
      undoOf: undefined,
      gate: {
        run: order.actor.run,
        path: order.path,
        covers,
        seat: index + 1,
        seats: order.ids.length,
        holdsSeconds: ticketTtlSeconds,
      },
      from: order.from,
      keys,
      now: vigie.now(),
    }),
  );
  if (covers.length === 0) return [nothingToDo(exit)];
  return askSeats(vigie, { plans, call, environment, reach, policyAccepted, exit });
}

async function askSeats(
  vigie: Vigie,
  at: {
    plans: readonly Plan[];
    call: Call;
    environment: Environment;
    reach: ChangingReach;
    policyAccepted: boolean;
    exit: Exit;
  },
): Promise<CallResult[]> {
  const { plans, call, environment, exit, policyAccepted } = at;
  const results: CallResult[] = [];
  for (const plan of plans) {
    const judged = await judgePlan(vigie, { ...at, plan });
    const decision = judged.verdict === 'allow' ? { ...judged, ...gateAsks } : judged;
    const within = await budgetOf(vigie, { plan, environment, policyAccepted });
    const asked =
      decision.verdict === 'ask'
        ? await ask(vigie, { ...at, plan, decision, within })
        : { instead: decision };
    if ('instead' in asked) return [await deny(vigie, { ...asked.instead, call, environment, exit, plan })];
    results.push(asked);
  }
  return results;
}

const gateAsks = {
  verdict: 'ask',
  rule: 'playbook.gate',
  why: 'the playbook wants a person to agree before it comes to this',
} as const;

/** @throws VigieError UNKNOWN_TOOL, INVALID_INPUT */
function readCall(vigie: Vigie, { path, tool: name, input }: GateOrder['calls'][number]): Asked {
  const tool = lookUp(vigie.tools, name);
  if (tool.kind !== 'change')
    throw new VigieError('INVALID_INPUT', `${tool.name} changes nothing, so there is nothing to approve.`);
  const parsed = tool.parse(input);
  if (!parsed.ok) throw invalidInput(tool, parsed.issues);
  return { path, tool, input: parsed.input, plan: parsed.run };
}
