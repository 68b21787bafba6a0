import type { Json } from '../../../core/json.ts';
import type { PlaybookAction, Step } from '../../../core/playbook.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { readTemplate } from '../expressions/template.ts';
import type { Place } from '../read-playbook.ts';
import { expressionsIn } from './check-texts.ts';
import { type Flow, withItem } from './flow.ts';
import { holds, nestedSteps } from './known-steps.ts';
import type { WrittenExpression } from './report.ts';
import type { Surroundings } from './surroundings.ts';

/** What is gone through for an approval. */
interface Walk {
  around: Surroundings;
  /** Ids of the steps that it is for. */
  ids: ReadonlySet<string>;
  /** What has run where it stands. */
  flow: Flow;
}

/** What steps would do must be known where people are asked about it: nothing of it may be read of a later step. */
export function checkCovered(
  around: Surroundings,
  at: { steps: readonly Step[]; place: Place; ids: ReadonlySet<string> },
  flow: Flow,
): void {
  const walk: Walk = { around, ids: at.ids, flow };
  checkList(walk, { steps: at.steps, place: at.place, covered: false }, flow);
}

function checkList(
  walk: Walk,
  { steps, place, covered }: { steps: readonly Step[]; place: Place; covered: boolean },
  flow: Flow,
): void {
  for (const [index, step] of steps.entries()) {
    const own = covered || (step.id !== undefined && walk.ids.has(step.id));
    if (!own && !holds(step, walk.ids)) continue;
    const here = [...place, index];
    if (typeof step.if === 'string') checkKnown(walk, { place: [...here, 'if'], source: step.if }, flow);
    checkStep(walk, { step, place: here, covered: own }, flow);
  }
}

function checkStep(
  walk: Walk,
  { step, place, covered }: { step: Step; place: Place; covered: boolean },
  flow: Flow,
): void {
  switch (step.verb) {
    case 'tool':
      if (covered) checkAction(walk, { action: step, place }, flow);
      return;
    case 'foreach': {
      const { foreach, each } = step;
      if (typeof foreach.in === 'string') {
        const [only] = readTemplate(foreach.in).embedded;
        const written = { place: [...place, 'foreach', 'in'], nth: 0 };
        if (only !== undefined) checkKnown(walk, { ...written, source: only.source, lead: only.lead }, flow);
      }
      const inner = withItem(flow, foreach.as);
      if ('steps' in each) checkList(walk, { steps: each.steps, place: [...place, 'steps'], covered }, inner);
      else if (covered) checkAction(walk, { action: each.action, place }, inner);
      return;
    }
    case 'parallel':
      for (const nested of nestedSteps(step))
        checkList(walk, { steps: nested.steps, place: [...place, ...nested.place], covered }, flow);
      return;
    case 'playbook':
      if (covered)
        walk.around.report.add([...place, 'playbook'], {
          message: `what ${step.playbook} changes cannot be known where people are asked about it`,
          fix: 'Put the approval into that playbook.',
        });
      return;
    case 'approval':
    case 'wait':
    case 'set':
      return;
  }
}

function checkAction(
  walk: Walk,
  { action, place }: { action: PlaybookAction; place: Place },
  flow: Flow,
): void {
  const { around } = walk;
  if (around.tools.get(action.tool)?.kind === 'read') return;
  const value: Json = action.with;
  for (const written of expressionsIn(around.report, { value, place: [...place, 'with'] }))
    checkKnown(walk, written, flow);
}

/** Whatever else is wrong with it is told where it stands. */
function checkKnown({ around, flow: there }: Walk, written: WrittenExpression, flow: Flow): void {
  const { checker, report, steps } = around;
  if (report.full) return;
  const checked = checker.check(written.source, flow);
  if ('problems' in checked) return;
  for (const { id, start } of checked.references.steps) {
    if (!steps.has(id) || there.sure.has(id) || there.maybe.has(id)) continue;
    report.addIn(written, {
      at: start,
      message: `people are asked about this before ${id} has run: what it comes to cannot be known there`,
      fix: trusted`Put the approval behind ${id}, or read what is needed before it.`,
    });
  }
}
