import type { PlaybookAction, PlaybookCheck, Step } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import { reservedNames } from '../expressions/check-expression.ts';
import { celWords } from '../expressions/dialect.ts';
import { readTemplate } from '../expressions/template.ts';
import type { Place } from '../read-playbook.ts';
import { checkApproval } from './check-approval.ts';
import { checkCall } from './check-call.ts';

import { checkHandedOver } from './check-inputs.ts';
import { checkCondition, checkExpression, checkTexts, checkTextsOf } from './check-texts.ts';
import { type Flow, withItem, withMaybe, withNames, withSure } from './flow.ts';
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
    case 'playbook': {
      checkTextsOf(around, { values: step.with, place: [...place, 'with'] }, flow);
      await checkCalled(around, { step, place });
      return nothing;
    }
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

async function checkAction(
  around: Surroundings,
  { action, place, id }: { action: PlaybookAction; place: Place; id?: string | undefined },
  flow: Flow,
): Promise<void> {
  const tool = await checkCall(around, { call: action, place }, flow);
  if (tool !== undefined) checkSurplus(around, { tool, action, place });
  if (action.verify !== undefined)
    await checkRead(around, { check: action.verify, place: [...place, 'verify'] }, flow);
  if (action.undo !== undefined && action.undo !== 'none')
    await checkCall(
      around,
      {
        call: action.undo,
        place: [...place, 'undo'],
        must: { be: 'change', why: 'only reads, and takes nothing back', fix: 'Name a tool that changes.' },
      },
      // Only what was done is taken back.
      withSure(flow, id === undefined ? [] : [id]),
    );
}

/** What a step has around its call and what never does anything. */
function checkSurplus(
  { report }: Surroundings,
  { tool, action, place }: { tool: Tool; action: PlaybookAction; place: Place },
): void {
  const { retry, verify, undo } = action;
  if (retry?.attempts === 1)
    report.add([...place, 'retry', 'attempts'], {
      message: 'one attempt is no retry',
      fix: 'Write 2 or more, or leave retry out.',
    });
  if (tool.kind === 'change') return;
  for (const [index, cause] of (retry?.on ?? []).entries()) {
    if (cause !== 'unverified' && cause !== 'plan_changed') continue;
    report.add([...place, 'retry', 'on', index], {
      message: `${tool.name} only reads, and never ends as ${cause}`,
      fix: 'Leave it out; what reads ends as failed or transient.',
    });
  }
  if (undo !== undefined)
    report.add([...place, 'undo'], {
      message: `${tool.name} only reads: there is nothing to undo`,
      fix: 'Leave undo out.',
    });
  if (verify !== undefined)
    report.add([...place, 'verify'], {
      message: `${tool.name} only reads: there is nothing to verify`,
      fix: 'Leave verify out; to wait until a read answers something: wait: {tool: …, until: …}',
    });
}

/** A read that is repeated until its condition is so. */
async function checkRead(
  around: Surroundings,
  { check, place }: { check: PlaybookCheck; place: Place },
  flow: Flow,
): Promise<void> {
  const tool = await checkCall(
    around,
    {
      call: check,
      place,
      must: {
        be: 'read',
        why: 'changes something, and would do so again and again',
        fix: 'Name a tool that reads.',
      },
    },
    flow,
  );
  const written = { place: [...place, 'until'], source: check.until };
  const checked = checkCondition(around, written, withNames(flow, ['output']));
  const known = Object.keys(tool?.output.shape ?? {});
  for (const { field, at } of checked?.outputFields ?? []) {
    if (known.length === 0 || known.includes(field)) continue;
    around.report.addIn(written, {
      at,
      message: `${check.tool} answers no ${field}`,
      fix: around.report.near.fix(field, known, trusted`It answers ${known}.`),
    });
  }
  if (checked?.constant === true)
    around.report.add(written.place, {
      message: 'what is waited for does not depend on the answer',
      fix: 'Ask about output, for example: output.total == 0',
    });
}

async function checkForeach(
  around: Surroundings,
  { step, place }: { step: Extract<Step, { verb: 'foreach' }>; place: Place },
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

function checkList(
  around: Surroundings,
  { list, place }: { list: string | readonly unknown[]; place: Place },
  flow: Flow,
): void {
  if (typeof list !== 'string') {
    if (list.length === 0)
      around.report.add(place, { message: 'the list is empty: the step never runs', fix: 'Name an item.' });
    return;
  }
  const { embedded, whole } = readTemplate(list);
  const [only] = embedded;
  if (!whole || only === undefined) {
    around.report.add(place, {
      message: 'what is gone through must be a list, and a text is none',
      fix: 'For example: in: "${{ steps.look.output.findings }}"',
    });
    return;
  }
  const written = { place, source: only.source, nth: 0, lead: only.lead };
  const checked = checkExpression(around, written, flow);
  if (checked !== undefined && checked.type !== 'dyn' && !checked.type.startsWith('list'))
    around.report.addIn(written, {
      at: 0,
      message: `what is gone through must be a list, and this is ${checked.type}`,
      fix: 'For example: in: "${{ steps.look.output.findings }}"',
    });
}

/** Branches see what ran before them and not one another; behind them all can be read. */
async function checkParallel(
  around: Surroundings,
  { step, place }: { step: Extract<Step, { verb: 'parallel' }>; place: Place },
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

async function checkCalled(
  around: Surroundings,
  { step, place }: { step: Extract<Step, { verb: 'playbook' }>; place: Place },
): Promise<void> {
  const called = await around.called(step.playbook);
  if (called === undefined) {
    around.report.add([...place, 'playbook'], {
      message: `there is no playbook ${step.playbook} that can be read`,
      fix: 'vigie playbooks list; of a file elsewhere, name both to lint',
    });
    return;
  }
  checkHandedOver(around.report, {
    given: step.with,
    inputs: called.inputs,
    place: [...place, 'with'],
    to: step.playbook,
  });
}

async function checkWait(
  around: Surroundings,
  { step, place }: { step: Extract<Step, { verb: 'wait' }>; place: Place },
  flow: Flow,
): Promise<void> {
  const { wait } = step;
  if ('tool' in wait) await checkRead(around, { check: wait, place: [...place, 'wait'] }, flow);
  if (!('at' in wait)) return;
  const where = [...place, 'wait', 'at'];
  checkTexts(around, { value: wait.at, place: where }, flow);
  if (readTemplate(wait.at).embedded.length === 0 && !isMoment(wait.at))
    around.report.add(where, {
      message: 'that is no moment',
      fix: 'For example: at: "2027-01-31T06:00:00Z"',
    });
}

function isMoment(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    Number.isFinite(Date.parse(text))
  );
}
