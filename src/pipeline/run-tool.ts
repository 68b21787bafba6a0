import type { Change } from '../core/change.ts';
import type { JsonObject } from '../core/json.ts';
import { KnownSecrets } from '../core/known-secrets.ts';
import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import type { ChangeTool, ReadResult } from '../toolkit/tool.ts';
import { admitPlanned } from './admit.ts';
import { ask } from './ask.ts';
import { budgetOf } from './budget-of.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { checkClock } from './clock.ts';
import { contextFor } from './context.ts';
import { deny } from './deny.ts';
import { elicit } from './elicit.ts';
import { executeAllowed } from './execute-allowed.ts';
import { executeGated } from './execute-gated.ts';
import { executeScheduled } from './execute-scheduled.ts';
import { Exit } from './exit.ts';
import { judgePlan } from './judge-plan.ts';
import { environmentOf, invalidInput, lookUp } from './look-up.ts';
import { nothingToDo } from './nothing-to-do.ts';
import { refusePlaceholders } from './placeholders.ts';
import { makePlan } from './plan.ts';
import { refuseUntrustedPlugin } from './plugin-trust.ts';
import { previewAll } from './preview.ts';
import { recoverOnce } from './recover.ts';
import type { Environment, Vigie } from './vigie.ts';

/** The way of every call, read top to bottom. Never throws: what the caller can mend is a failed result, a bug one with an id. */
export async function runTool(given: Vigie, call: Call): Promise<CallResult> {
  let exit = new Exit({ known: new KnownSecrets(), budgetBytes: call.budgetBytes, log: given.log });
  let end = (): void => undefined;
  // What the caller said, once it is of the tool's shape and there is something that could be masked in it.
  let said: unknown;
  try {
    const tool = lookUp(given.tools, call.tool);
    const vigie = await given.inForce(tool.kind === 'read' ? 'read' : 'change');
    if (tool.kind !== 'change') {
      const parsed = tool.parse(call.input);
      if (!parsed.ok) throw invalidInput(tool, parsed.issues);
      const previews = tool.kind === 'read' ? tool.previews : undefined;
      if (tool.kind === 'act') refusePlaceholders(parsed.input);
      if (!tool.environmental) return exit.answered(await parsed.run(contextFor(vigie, call, { exit })));
      const environment = environmentOf(vigie, parsed.input);
      end = environment.known.beginCall();
      exit = new Exit({ known: environment.known, budgetBytes: call.budgetBytes, log: vigie.log });
      said = call.input;
      if (previews === 'sent') {
        refusePlaceholders(parsed.input);
        await refuseUntrustedPlugin(vigie, { environment, to: 'propose' });
      }
      const reach = await environment.reach(call.signal);
      const answer = await parsed.run(
        contextFor(vigie, call, { exit, place: { environment, reach, previews } }),
      );
      // What is tried is told as a proposal is: of what would be new, the caller's own words are left.
      return exit.answered(
        withWarnings(answer, reach.warnings()),
        previews === 'sent' ? await textsOf(call.input) : [],
      );
    }
    const parsed = tool.parse(call.input);
    if (!parsed.ok) throw invalidInput(tool, parsed.issues);
    const environment = environmentOf(vigie, parsed.input);
    end = environment.known.beginCall();
    exit = new Exit({ known: environment.known, budgetBytes: call.budgetBytes, log: vigie.log });
    said = call.input;
    return await runChange(vigie, { call, tool, input: parsed.input, plan: parsed.run, environment, exit });
  } catch (error) {
    return exit.failed(error, await textsOf(said));
  } finally {
    end();
  }
}

async function runChange(
  vigie: Vigie,
  at: {
    call: Call;
    tool: ChangeTool;
    input: JsonObject;
    plan: Extract<ReturnType<ChangeTool['parse']>, { ok: true }>['run'];
    environment: Environment;
    exit: Exit;
  },
): Promise<CallResult> {
  const { call, tool, input, environment, exit } = at;
  refusePlaceholders(input);
  await refuseUntrustedPlugin(vigie, { environment, to: 'propose' });
  await recoverOnce(vigie, call.signal);
  const reading = await environment.reach(call.signal);
  const planned = await at.plan(contextFor(vigie, call, { exit, place: { environment, reach: reading } }));
  if (!Array.isArray(planned)) return exit.answered(withWarnings(planned.answer, reading.warnings()));
  const { accepted: policyAccepted } = await vigie.policy();
  const refused = await admitPlanned(vigie, { call, environment, planned, policyAccepted });
  if (refused !== undefined) return deny(vigie, { ...refused, call, environment, exit });

  const reach = await environment.change(call.signal);
  const previews = await previewAll(planned, reach);
  checkClock(reach, { environment, now: vigie.now() });
  let plan = makePlan({
    id: call.changeId,
    tool: tool.name,
    toolInput: input,
    environment: environment.view.name,
    maxTargets: environment.rules.maxTargets,
    ticketTtlSeconds: environment.rules.ticketTtlSeconds,
    cluster: await reach.identity(),
    actor: call.actor,
    previews,
    undoOf: undoneBy(tool, { input, planned }),
    ...(call.gate === undefined ? {} : { from: call.gate.from }),
    keys: await vigie.keys(),
    now: vigie.now(),
  });
  if (plan.changes.length === 0) return nothingToDo(exit);
  let decision = await judgePlan(vigie, { plan, environment, reach, policyAccepted });
  const within = await budgetOf(vigie, { plan, environment, policyAccepted });
  const found = { plan, decision, within, environment, reach, policyAccepted, call, exit };
  if (call.schedule !== undefined && decision.verdict !== 'deny')
    return executeScheduled(vigie, { ...found, schedule: call.schedule });
  if (call.gate !== undefined) {
    const gated = await executeGated(vigie, { ...found, gate: call.gate });
    if (!('instead' in gated)) return gated;
    decision = gated.instead;
    if (gated.outside !== undefined) plan = { ...plan, outside: gated.outside };
  }
  // The budget is judged where a change is recorded: it may turn allow into ask, and either into deny.
  if (decision.verdict === 'allow') {
    const executed = await executeAllowed(vigie, { plan, decision, within, environment, call, exit });
    if (!('instead' in executed)) return executed;
    decision = executed.instead;
  }
  if (decision.verdict === 'ask') {
    const asked = await ask(vigie, { plan, decision, within, environment, reach, call, exit });
    if (!('instead' in asked))
      return (await elicit(vigie, { asked, plan, within, environment, call, exit })) ?? asked;
    decision = asked.instead;
  }
  return deny(vigie, { ...decision, call, environment, exit, plan });
}

/** The change that a plan takes back, told by the tool and not by the changes, which look like any other. */
function undoneBy(tool: ChangeTool, made: { input: JsonObject; planned: readonly Change[] }): Plan['undoOf'] {
  const { id } = made.input;
  return tool.name === 'changes_undo' && typeof id === 'string' ? id : undefined;
}

function withWarnings(answer: ReadResult, warnings: readonly string[]): ReadResult {
  if (warnings.length === 0) return answer;
  return {
    data: answer.data,
    text: `${answer.text}\n${warnings.map(warning => `Warning from the server: ${warning}`).join('\n')}`,
  };
}
