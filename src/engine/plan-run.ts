import type { Json, JsonObject } from '../core/json.ts';
import type { ApprovalStep, Playbook, PlaybookCall, Step } from '../core/playbook.ts';
import { caps } from './language/caps.ts';
import { Evaluator } from './language/expressions/evaluator.ts';
import { fillIn } from './language/expressions/fill-in.ts';
import { describeStep } from './language/outline.ts';
import { inputOfRun } from './start-run.ts';

/** What of a run is known before it begins. */
export interface PlannedStep {
  path: string;
  /** What it does, in a few words of its author. */
  text: string;
  /** Under which condition; absent: in any case. */
  if?: string;
  /** The call that it makes, with what is known of its arguments; the rest stands there as `${{ … }}`. */
  call?: PlaybookCall;
  /** Whom it asks. Absent: it is no approval. */
  asks?: ApprovalStep['approval'];
  /** on failure: only where a step fails; always: in any case. Absent: in its turn. */
  when?: 'on failure' | 'always';
  inner: PlannedStep[];
}

/** What is only there while a run goes on: an expression that names one of them is left as it stands. */
const laterVariables = ['steps', 'trigger', 'alert', 'output', 'run'];

/**
 * The steps that a run with these inputs would go through, and nothing is called for it.
 * @throws VigieError INVALID_INPUT, PLAYBOOK as startRun does
 */
export async function planRun(playbook: Playbook, given: JsonObject): Promise<PlannedStep[]> {
  const inputs = inputOfRun(playbook, given);
  // A stranger's expressions may be slow: those of one plan take no longer than those of one run.
  const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
  const known: Known = {
    later: laterVariables,
    evaluate: source => evaluator.evaluate(source, { values: { inputs }, inputs: playbook.inputs }),
  };
  try {
    const { steps, onFailure, finally: last } = playbook;
    const sections = [
      ...(await planned(onFailure.steps, { known, prefix: '.onFailure/' })).map(step => ({
        ...step,
        when: 'on failure' as const,
      })),
      ...(await planned(last, { known, prefix: '.finally/' })).map(step => ({
        ...step,
        when: 'always' as const,
      })),
    ];
    return [...(await planned(steps, { known, prefix: '' })), ...sections];
  } finally {
    await evaluator.close();
  }
}

interface Known {
  later: readonly string[];
  evaluate(source: string): Promise<Json>;
}

async function planned(
  steps: readonly Step[],
  { known, prefix }: { known: Known; prefix: string },
): Promise<PlannedStep[]> {
  const found: PlannedStep[] = [];
  for (const [index, step] of steps.entries())
    found.push(await plannedStep(step, { known, path: `${prefix}${step.id ?? `#${index + 1}`}` }));
  return found;
}

async function plannedStep(
  step: Step,
  { known, path }: { known: Known; path: string },
): Promise<PlannedStep> {
  const call = callOf(step);
  return {
    path,
    text: describeStep(step),
    ...(step.if === undefined ? {} : { if: String(step.if) }),
    ...(call === undefined ? {} : { call: await filledCall(call, known) }),
    ...(step.verb === 'approval' ? { asks: step.approval } : {}),
    inner: await innerOf(step, { known, path }),
  };
}

function callOf(step: Step): PlaybookCall | undefined {
  if (step.verb === 'tool') return step;
  return step.verb === 'wait' && 'tool' in step.wait ? step.wait : undefined;
}

async function innerOf(step: Step, { known, path }: { known: Known; path: string }): Promise<PlannedStep[]> {
  if (step.verb === 'parallel') {
    const branches: PlannedStep[] = [];
    for (const { id, steps } of step.parallel.branches) {
      const inner = await planned(steps, { known, prefix: `${path}/${id}/` });
      branches.push({ path: `${path}/${id}`, text: 'branch', inner });
    }
    return branches;
  }
  if (step.verb !== 'foreach') return [];
  const within: Known = { ...known, later: [...known.later, step.foreach.as] };
  const each = `${path}[*]`;
  if ('steps' in step.each) return planned(step.each.steps, { known: within, prefix: `${each}/` });
  const { action } = step.each;
  return [{ path: each, text: action.tool, call: await filledCall(action, within), inner: [] }];
}

async function filledCall({ tool, with: given }: PlaybookCall, known: Known): Promise<PlaybookCall> {
  const filled: JsonObject = {};
  for (const [name, value] of Object.entries(given))
    Object.defineProperty(filled, name, {
      value: await filledAny(value ?? null, known),
      enumerable: true,
    });
  return { tool, with: filled };
}

/** A value with what is known filled in; a text of which anything is not known yet stands as it was written. */
async function filledAny(value: Json, known: Known): Promise<Json> {
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) items.push(await filledAny(item, known));
    return items;
  }
  if (typeof value === 'object' && value !== null)
    return (await filledCall({ tool: '', with: value }, known)).with;
  if (typeof value !== 'string' || !value.includes('${{')) return value;
  const isLater = known.later.some(name => new RegExp(`\\b${name}\\b`).test(value));
  if (isLater) return value;
  // It may have no value for these inputs, which its step would fail with.
  return fillIn(value, source => known.evaluate(source)).catch(() => value);
}
