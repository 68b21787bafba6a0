import type { JsonObject } from '../../../core/json.ts';
import { cleanLine } from '../../../core/text.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { shownStep } from '../../../engine/interpreter/said-of-step.ts';
import { type PlannedStep, planRun } from '../../../engine/plan-run.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows } from '../../text-table.ts';
import type { Answer } from './read.ts';

// Every step is told twice, as data and as text; beside them the facts.
const overheadBytes = 2_000;
/** Of one call's arguments. */
const argumentChars = 600;
const textChars = 200;

/** What a run would do, as far as that is known before it begins; nothing is asked or called. */
export async function answerPlan(
  { name, inputs }: { name: string; inputs: JsonObject },
  context: ToolContext,
): Promise<Answer> {
  const { playbooks, environment, budgetBytes } = context;
  const { playbook, digest } = await playbooks.runnable(name);
  const tools = await playbooks.tools();
  const says = verdictOf(environment.policy, { accepted: await playbooks.policyAccepted() });
  const rows: ReturnType<typeof rowOf>[] = [];
  for (const { step, depth } of flat(await planRun(playbook, inputs))) {
    const changes = step.call !== undefined && tools.get(step.call.tool) === 'change';
    const tooFew =
      step.asks && (await playbooks.tooFewPeople({ environment: environment.name, ...step.asks }));
    rows.push(rowOf(step, { depth, says: changes ? says : undefined, tooFew }));
  }
  const room = budgetBytes - overheadBytes;
  const steps = fittingRows(
    rows.map(({ data }) => data),
    room * 0.55,
  );
  const lines = fittingRows(
    rows.slice(0, steps.length).map(({ line }) => line),
    room * 0.45,
  );
  const shown = Math.min(steps.length, lines.length);
  const truncated = shown < rows.length;
  const { requireRehearsal } = playbook.policy;
  const next = trusted`playbooks_run with name ${name}, the same inputs and mode run`;
  const text = [
    `plan of ${name} (${digest.slice(0, 8)}) in ${environment.name}; nothing was called. What only a step finds out stands as \${{ … }}.`,
    ...(requireRehearsal === undefined
      ? []
      : [`It needs a rehearsal within ${requireRehearsal}: the same with mode rehearse`]),
    ...(playbook.onFailure.undo === 'completedInReverse'
      ? ['When a step fails, what was done is taken back, the last first.']
      : []),
    ...lines,
    ...(truncated ? [`… ${rows.length - shown} more steps: playbooks_get`] : []),
  ].join('\n');
  return {
    data: {
      mode: 'plan',
      playbook: name,
      environment: environment.name,
      steps: steps.slice(0, shown),
      truncated,
      next,
    },
    text,
  };
}

/** What policy says of a change whose effect nobody knows yet: one word where that is the same for every risk. */
function verdictOf(
  policy: { low: string; medium: string; high: string },
  { accepted }: { accepted: boolean },
): string {
  // What nobody has accepted allows nothing.
  const held = (verdict: string): string => (verdict === 'allow' && !accepted ? 'ask' : verdict);
  const [low, medium, high] = [held(policy.low), held(policy.medium), held(policy.high)];
  return low === medium && medium === high ? low : `by its risk: low ${low}, medium ${medium}, high ${high}`;
}

function flat(steps: readonly PlannedStep[], depth = 0): { step: PlannedStep; depth: number }[] {
  return steps.flatMap(step => [{ step, depth }, ...flat(step.inner, depth + 1)]);
}

function rowOf(
  { path, text, if: condition, call, when }: PlannedStep,
  { depth, says, tooFew }: { depth: number; says: string | undefined; tooFew: string | undefined },
): { data: JsonObject; line: string } {
  const given = call === undefined ? '' : cleanLine(JSON.stringify(call.with), argumentChars);
  const does = cleanLine(text, textChars);
  const where = cleanLine(shownStep(path), textChars);
  const only = condition === undefined ? '' : ` if ${cleanLine(condition, textChars)}`;
  const data: JsonObject = {
    path: where,
    does,
    ...(only === '' ? {} : { if: only.slice(' if '.length) }),
    ...(when === undefined ? {} : { when }),
    ...(call === undefined ? {} : { tool: call.tool, with: given }),
    ...(says === undefined ? {} : { policy: says }),
    ...(tooFew === undefined ? {} : { nobodyAgrees: tooFew }),
  };
  const line = [
    `${'  '.repeat(depth)}${when === undefined ? '' : `(${when}) `}${where}: ${does}${only}`,
    ...(call === undefined ? [] : [given]),
    ...(says === undefined ? [] : [`policy: ${says}`]),
    ...(tooFew === undefined ? [] : [`nobody agrees: ${tooFew}`]),
  ].join('  ');
  return { data, line };
}
