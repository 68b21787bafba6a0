import type { Playbook, PlaybookCall, Step } from '../../../core/playbook.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import type { Place } from '../read-playbook.ts';
import { type AnsweredFields, always, answeredFields } from './answered-fields.ts';

/** A step that has an id, and what there is to know of it. */
export interface KnownStep {
  step: Step;
  place: Place;
  /** In the order of the file, from 0. */
  order: number;
  section: Section;
  /** The foreach that it stands in, by its id or its place. */
  within: string | undefined;
  /** Of its output; undefined: they are not known before it runs. */
  fields: AnsweredFields | undefined;
}

type Section = 'steps' | 'onFailure' | 'finally';

/** The three lists of a playbook, as they are run. */
export function sectionsOf({ steps, onFailure, finally: last }: Playbook): {
  section: Section;
  steps: Step[];
  place: Place;
}[] {
  return [
    { section: 'steps', steps, place: ['steps'] },
    { section: 'onFailure', steps: onFailure.steps, place: ['onFailure', 'steps'] },
    { section: 'finally', steps: last, place: ['finally'] },
  ];
}

/** The lists of steps within a step. */
export function nestedSteps(step: Step): { steps: Step[]; place: Place }[] {
  if (step.verb === 'foreach' && 'steps' in step.each) return [{ steps: step.each.steps, place: ['steps'] }];
  if (step.verb === 'parallel')
    return step.parallel.branches.map(({ steps }, index) => ({
      steps,
      place: ['parallel', 'branches', index, 'steps'],
    }));
  return [];
}

/** Every step with an id, each as often as it is given. */
export function knownSteps(
  playbook: Playbook,
  tools: ReadonlyMap<string, Tool>,
): { byId: Map<string, KnownStep>; repeated: KnownStep[]; orders: Map<Step, number> } {
  const byId = new Map<string, KnownStep>();
  const repeated: KnownStep[] = [];
  const orders = new Map<Step, number>();
  const visit = (
    steps: readonly Step[],
    where: { place: Place; section: Section; within: string | undefined },
  ): void => {
    for (const [index, step] of steps.entries()) {
      const place = [...where.place, index];
      const order = orders.size;
      orders.set(step, order);
      if (step.id !== undefined) {
        const known: KnownStep = { ...where, step, place, order, fields: outputFields(step, tools) };
        if (byId.has(step.id)) repeated.push(known);
        else byId.set(step.id, known);
      }
      const within = step.verb === 'foreach' ? (step.id ?? 'the foreach') : where.within;
      for (const nested of nestedSteps(step))
        visit(nested.steps, { ...where, place: [...place, ...nested.place], within });
    }
  };
  for (const { section, steps, place } of sectionsOf(playbook))
    visit(steps, { place, section, within: undefined });
  return { byId, repeated, orders };
}

/** Whether one of these stands within a step. */
export function holds(step: Step, ids: ReadonlySet<string>): boolean {
  return nestedSteps(step).some(({ steps }) =>
    steps.some(each => (each.id !== undefined && ids.has(each.id)) || holds(each, ids)),
  );
}

function outputFields(step: Step, tools: ReadonlyMap<string, Tool>): AnsweredFields | undefined {
  const ofCall = (call: PlaybookCall) => {
    const tool = tools.get(call.tool);
    return tool === undefined ? undefined : answeredFields(tool, call.with);
  };
  switch (step.verb) {
    case 'tool':
      return ofCall(step);
    case 'wait':
      return 'tool' in step.wait ? ofCall(step.wait) : always([]);
    case 'set':
      return always(Object.keys(step.set));
    case 'foreach':
      return always(['items', 'failed']);
    case 'approval':
      return always(['decision', 'by']);
    case 'playbook':
      return always(['run', 'status']);
    case 'parallel':
      return always(['failed']);
  }
}
