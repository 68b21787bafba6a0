import type { ForeachStep, ParallelStep, Step } from '../../../core/playbook.ts';
import { reservedNames } from '../expressions/check-expression.ts';
import { celWords } from '../expressions/dialect.ts';
import type { Place } from '../read-playbook.ts';
import { checkAction } from './check-action.ts';
import { checkApproval } from './check-approval.ts';
import { checkCalled } from './check-called.ts';
import { checkList } from './check-list.ts';
import { checkCondition, checkTexts } from './check-texts.ts';
import { checkWait } from './check-wait.ts';
import { type Flow, withItem, withMaybe, withSure } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** Steps one after another; answers what has run behind them. */
export async function checkSteps(
  around: Surroundings,
  { steps, place }: { steps: readonly Step[]; place: Place },
  flow: Flow,
): Promise<Flow> {
  let at = flow;
  for (const [index, step] of steps.entries()) {
    const here = [...place, index];
    const within = await checkIf(around, { step, place: here }, at);
    const behind = await checkVerb(around, { step, place: here, beside: { steps, place } }, within);
    const own = step.id === undefined ? [] : [step.id];
    const sure = (step.if ?? true) === true && step.continueOnError !== true;
    if (sure && !own.some(id => around.skippable.has(id))) at = withSure(at, [...own, ...behind.sure]);
    else at = withMaybe(at, [...own, ...behind.sure]);
    at = withMaybe(at, behind.maybe);
  }
  return at;
}

/** What ran inside a step and can be read behind it. */
interface Behind {
  sure: Iterable<string>;
  maybe: Iterable<string>;
}

const nothing: Behind = { sure: [], maybe: [] };

/** Answers what is known to have ended well wherever the step runs. */
async function checkIf(
  around: Surroundings,
  { step, place }: { step: Step; place: Place },
  flow: Flow,
): Promise<Flow> {
  const condition = step.if;
  const where = [...place, 'if'];
  if (condition === false) around.report.add(where, neverRuns);
  if (typeof condition !== 'string') return flow;
  const checked = checkCondition(around, { place: where, source: condition }, flow);
  if (checked === undefined) return flow;
  if (checked.constant && (await around.constant(condition)) === false) around.report.add(where, neverRuns);
  return withSure(flow, checked.proven);
}

const neverRuns = { message: 'the step never runs', fix: 'Remove the step, or its if.' };

async function checkVerb(
  around: Surroundings,
  { step, place, beside }: { step: Step; place: Place; beside: { steps: readonly Step[]; place: Place } },
  flow: Flow,
): Promise<Behind> {
  switch (step.verb) {
    case 'tool':
      await checkAction(around, { action: step, place, id: step.id }, flow);
      return nothing;
    case 'approval':
      checkApproval(around, { step, place, beside }, flow);
      return nothing;
    case 'foreach':
      return checkForeach(around, { step, place }, flow);
    case 'parallel':
      return checkParallel(around, { step, place }, flow);
    case 'playbook':
      await checkCalled(around, { step, place }, flow);
      return nothing;
    case 'wait':
      await checkWait(around, { step, place }, flow);
      return nothing;
    case 'set':
      checkTexts(around, { value: step.set, place: [...place, 'set'] }, flow);
      if (step.id === undefined)
        around.report.add(place, {
          message: 'nothing can read what is set here',
          fix: 'Give the step an id.',
        });
      return nothing;
  }
}

async function checkForeach(
  around: Surroundings,
  { step, place }: { step: ForeachStep; place: Place },
  flow: Flow,
): Promise<Behind> {
  const { foreach, each } = step;
  checkList(around, { list: foreach.in, place: [...place, 'foreach', 'in'] }, flow);
  const taken = reservedNames.has(foreach.as) || celWords.has(foreach.as) || flow.items.includes(foreach.as);
  if (taken)
    around.report.add([...place, 'foreach', 'as'], {
      message: `${foreach.as} means something else here`,
      fix: 'Choose another name, such as item.',
    });
  const inner = taken ? flow : withItem(flow, foreach.as);
  if ('steps' in each) await checkSteps(around, { steps: each.steps, place: [...place, 'steps'] }, inner);
  else await checkAction(around, { action: each.action, place }, inner);
  return nothing;
}

/** Branches see what ran before them and not one another; behind them all can be read. */
async function checkParallel(
  around: Surroundings,
  { step, place }: { step: ParallelStep; place: Place },
  flow: Flow,
): Promise<Behind> {
  const sure = new Set<string>();
  const maybe = new Set<string>();
  const ids = new Set<string>();
  for (const [index, branch] of step.parallel.branches.entries()) {
    const here = [...place, 'parallel', 'branches', index];
    if (ids.has(branch.id))
      around.report.add([...here, 'id'], {
        message: `there is a branch ${branch.id} already`,
        fix: 'Choose another id.',
      });
    ids.add(branch.id);
    const behind = await checkSteps(around, { steps: branch.steps, place: [...here, 'steps'] }, flow);
    for (const id of behind.sure)
      if (!flow.sure.has(id)) (step.parallel.mode === 'all' ? sure : maybe).add(id);
    for (const id of behind.maybe) if (!flow.maybe.has(id)) maybe.add(id);
  }
  return { sure, maybe };
}
