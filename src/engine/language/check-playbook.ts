import { VigieError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Playbook, PlaybookMistake, Step } from '../../core/playbook.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { caps } from './caps.ts';
import { checkInputs } from './check/check-inputs.ts';
import { checkSteps } from './check/check-steps.ts';
import { checkTexts } from './check/check-texts.ts';
import { checkTriggers } from './check/check-triggers.ts';
import { emptyFlow, type Flow, withMaybe } from './check/flow.ts';
import { knownSteps, nestedSteps, sectionsOf } from './check/known-steps.ts';
import { Report } from './check/report.ts';
import type { Surroundings } from './check/surroundings.ts';
import { ExpressionChecker } from './expressions/check-expression.ts';
import type { Evaluator } from './expressions/evaluator.ts';
import { isNoteName } from './note-names.ts';
import { inOrder, type Positions } from './read-playbook.ts';

/**
 * What is wrong with a playbook that its form does not show: names that there are not, expressions that cannot be typed,
 * what is read before it has run, arguments that a tool does not take, steps that never run. At most 100, in the order of
 * the file; empty: it can be run. Nothing of it is done, and nothing is asked of an environment.
 */
export async function checkPlaybook(
  { playbook, positions }: { playbook: Playbook; positions: Positions },
  around: {
    tools: ReadonlyMap<string, Tool>;
    evaluator: Evaluator;
    /** Another playbook by its name; undefined: there is none that can be read. */
    called: (name: string) => Promise<Playbook | undefined>;
  },
): Promise<PlaybookMistake[]> {
  const { tools, called } = around;
  const report = new Report(positions);
  const checker = new ExpressionChecker(playbook.inputs);
  const { byId, repeated, orders } = knownSteps(playbook, tools);
  for (const { step, place } of repeated)
    report.add([...place, 'id'], {
      message: `there is a step ${step.id} already`,
      fix: 'Choose another id.',
    });
  for (const [id, { place }] of byId)
    if (isNoteName(id))
      report.add([...place, 'id'], {
        message: `${id} is the name of a note that runs keep under their steps`,
        fix: 'Choose another id.',
      });
  const surroundings: Surroundings = {
    report,
    checker,
    steps: byId,
    orders,
    tools,
    called,
    skippable: new Set([...orders.keys()].flatMap(skippedBy)),
    constant: source => constantOf(source, { checker, evaluator: around.evaluator }),
  };
  checkInputs(playbook.inputs, report);
  checkTriggers(surroundings, playbook);
  checkTexts(
    surroundings,
    { value: playbook.concurrency?.key ?? '', place: ['concurrency', 'key'] },
    { ...emptyFlow, names: ['inputs', 'trigger'] },
  );
  let before: Flow = emptyFlow;
  for (const { steps, place } of sectionsOf(playbook)) {
    const behind = await checkSteps(surroundings, { steps, place }, before);
    // Whatever fails, what stands behind it in its own list has not run.
    before = withMaybe(emptyFlow, [...before.maybe, ...behind.sure, ...behind.maybe]);
  }
  await checkCycles(surroundings, playbook);
  return inOrder(report.mistakes);
}

function skippedBy(step: Step): string[] {
  if (step.verb !== 'approval') return [];
  return step.approval.onTimeout === 'skip' || step.continueOnError === true ? step.approval.for : [];
}

async function constantOf(
  source: string,
  { checker, evaluator }: { checker: ExpressionChecker; evaluator: Evaluator },
): Promise<Json | undefined> {
  const checked = checker.check(source, emptyFlow);
  if ('problems' in checked || !checked.constant) return undefined;
  try {
    return await evaluator.evaluate(source, { values: {} });
  } catch (error) {
    // What cannot be worked out is no constant; a run says why.
    if (error instanceof VigieError && error.code === 'EXPRESSION') return undefined;
    throw error;
  }
}

/** Playbooks that call one another in a ring would never end. */
async function checkCycles({ report, called }: Surroundings, playbook: Playbook): Promise<void> {
  const name = playbook.metadata.name;
  for (const { callee, place } of callsOf(playbook)) {
    const way = await wayBack({ from: callee, to: name, called });
    if (way === undefined) continue;
    const message =
      way === 'deep'
        ? `playbooks call one another more than ${caps.calls} deep`
        : `${name} calls itself: ${[name, ...way].join(' → ')}`;
    report.add([...place, 'playbook'], { message, fix: 'Take one of the calls out.' });
  }
}

function callsOf(playbook: Playbook): { callee: string; place: readonly PropertyKey[] }[] {
  const found: { callee: string; place: readonly PropertyKey[] }[] = [];
  const visit = (steps: readonly Step[], place: readonly PropertyKey[]): void => {
    for (const [index, step] of steps.entries()) {
      if (step.verb === 'playbook') found.push({ callee: step.playbook, place: [...place, index] });
      for (const nested of nestedSteps(step)) visit(nested.steps, [...place, index, ...nested.place]);
    }
  };
  for (const { steps, place } of sectionsOf(playbook)) visit(steps, place);
  return found;
}

/** The names from one playbook back to another; `deep`: there are too many; undefined: it does not lead there. */
async function wayBack(wanted: {
  from: string;
  to: string;
  called: Surroundings['called'];
}): Promise<string[] | 'deep' | undefined> {
  const seen = new Set<string>();
  let ways = [[wanted.from]];
  while (ways.length > 0) {
    const further: string[][] = [];
    for (const way of ways) {
      const last = way.at(-1) ?? '';
      if (last === wanted.to) return way;
      if (seen.has(last)) continue;
      seen.add(last);
      if (way.length > caps.calls) return 'deep';
      const playbook = await wanted.called(last);
      for (const { callee } of playbook === undefined ? [] : callsOf(playbook))
        further.push([...way, callee]);
    }
    ways = further;
  }
  return undefined;
}
