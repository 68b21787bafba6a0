import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { PlaybookAction, Step } from '../../core/playbook.ts';
import { holds } from '../language/check/known-steps.ts';
import { inputOf } from './input-of.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';

/** A call as a step would make it. */
export interface CoveredCall {
  path: string;
  tool: string;
  input: JsonObject;
}

interface Walk {
  run: RunContext;
  ids: ReadonlySet<string>;
  found: CoveredCall[];
}

/**
 * The changes that steps would ask for by what is known now, at the paths at which they will. What their conditions leave
 * out now is not among them.
 * @throws VigieError EXPRESSION, OUT_OF_BOUNDS; INVALID_INPUT: more than a person can read
 */
export async function coveredCalls(
  run: RunContext,
  at: { steps: readonly Step[]; path: string; scope: Scope; ids: readonly string[] },
): Promise<CoveredCall[]> {
  const walk: Walk = { run, ids: new Set(at.ids), found: [] };
  await walkSteps(walk, { ...at, covered: false });
  return walk.found;
}

async function walkSteps(
  walk: Walk,
  at: { steps: readonly Step[]; path: string; scope: Scope; covered: boolean },
): Promise<void> {
  for (const [index, step] of at.steps.entries()) {
    const covered = at.covered || (step.id !== undefined && walk.ids.has(step.id));
    if (!covered && !holds(step, walk.ids)) continue;
    if (step.if === false) continue;
    if (typeof step.if === 'string' && (await at.scope.evaluate(step.if)) !== true) continue;
    await walkStep(walk, {
      step,
      path: `${at.path}${step.id ?? `#${index + 1}`}`,
      scope: at.scope,
      covered,
    });
  }
}

async function walkStep(
  walk: Walk,
  { step, path, scope, covered }: { step: Step; path: string; scope: Scope; covered: boolean },
): Promise<void> {
  switch (step.verb) {
    case 'tool':
      if (covered) await note(walk, { action: step, path, scope });
      return;
    case 'foreach': {
      const { foreach, each } = step;
      const items = typeof foreach.in === 'string' ? await scope.fillAny(foreach.in) : foreach.in;
      for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
        const inner = scope.within({ [foreach.as]: item });
        const own = `${path}[${index}]`;
        if ('steps' in each)
          await walkSteps(walk, { steps: each.steps, path: `${own}/`, scope: inner, covered });
        else if (covered) await note(walk, { action: each.action, path: own, scope: inner });
      }
      return;
    }
    case 'parallel':
      for (const { id, steps } of step.parallel.branches)
        await walkSteps(walk, { steps, path: `${path}/${id}/`, scope: scope.within(), covered });
      return;
    case 'approval':
    case 'playbook':
    case 'wait':
    case 'set':
      return;
  }
}

async function note(
  { run, found }: Walk,
  { action, path, scope }: { action: PlaybookAction; path: string; scope: Scope },
): Promise<void> {
  const tool = run.around.tools.get(action.tool);
  if (tool?.kind !== 'change') return;
  if (found.length === limits.changesPerPlan)
    throw new VigieError(
      'INVALID_INPUT',
      `The steps make more than ${limits.changesPerPlan} calls, which is the most that a person can read.`,
    );
  const input = await inputOf(run, { tool, arguments: action.with, scope });
  found.push({ path, tool: tool.name, input });
}
