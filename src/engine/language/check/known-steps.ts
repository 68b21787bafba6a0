import type { Playbook, Step } from '../../../core/playbook.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import type { Place } from '../read-playbook.ts';

/** A step that has an id, and what there is to know of it. */
export interface KnownStep {
  step: Step;
  place: Place;
  /** In the order of the file, from 0. */
  order: number;
  section: Section;
  /** The foreach that it stands in, by its id or its place. */
  within: string | undefined;
  /** The keys of its output; undefined: they are not known before it runs. */
  fields: readonly string[] | undefined;
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

function outputFields(step: Step, tools: ReadonlyMap<string, Tool>): readonly string[] | undefined {
  const ofTool = (name: string) => {
    const tool = tools.get(name);
    return tool === undefined ? undefined : Object.keys(tool.output.shape);
  };
  switch (step.verb) {
    case 'tool':
      return ofTool(step.tool);
    case 'wait':
      return 'tool' in step.wait ? ofTool(step.wait.tool) : [];
    case 'set':
      return Object.keys(step.set);
    case 'foreach':
      return ['items', 'failed'];
    case 'approval':
      return ['decision', 'by'];
    case 'playbook':
      return ['run', 'status'];
    case 'parallel':
      return ['failed'];
  }
}
