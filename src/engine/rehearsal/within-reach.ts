import type { Playbook, PlaybookAction, Step } from '../../core/playbook.ts';
import { undoPath } from '../interpreter/records.ts';

// A copy has the objects of a cluster and how they behave, and nothing that programs write or other systems know. A step
// that reaches for that is taken out before the playbook is played, and told of as not rehearsed: an answer that was made
// up would look like a proof.

/** The families whose tools a copy can answer. */
const families: ReadonlySet<string> = new Set(['k8s', 'manifests', 'changes', 'environments']);
/** Tools of these families that it cannot, with why. */
const blind: ReadonlyMap<string, string> = new Map([
  ['k8s_exec', 'a copy does not run what a container holds'],
  ['k8s_logs', 'a copy does not know what programs write'],
]);

/** A playbook without what cannot be rehearsed. */
export interface WithinReach {
  playbook: Playbook;
  /** By path without the numbers of items: why nothing is known of it. */
  left: ReadonlyMap<string, string>;
}

/** Why a call of that tool cannot be rehearsed; undefined: it can. */
function whyBlind(tool: string): string | undefined {
  const family = tool.slice(0, tool.indexOf('_'));
  return families.has(family) ? blind.get(tool) : 'it asks a system that the copy has not';
}

/**
 * The playbook as it can be played: a step that reaches too far does nothing and counts as well ended, and no check that
 * does is waited for. Paths, ids and order stay.
 */
export function withinReach(playbook: Playbook): WithinReach {
  const left = new Map<string, string>();
  const steps = (list: readonly Step[], prefix: string): Step[] =>
    list.map((step, index) => reduced(step, `${prefix}${step.id ?? `#${index + 1}`}`));

  function reduced(step: Step, path: string): Step {
    switch (step.verb) {
      case 'tool': {
        const why = whyBlind(step.tool);
        if (why === undefined) {
          const { verify: _verify, undo: _undo, ...rest } = step;
          return { ...rest, ...around(step, path) };
        }
        left.set(path, why);
        return standIn(step);
      }
      case 'wait': {
        const why = 'tool' in step.wait ? whyBlind(step.wait.tool) : undefined;
        if (why === undefined) return step;
        left.set(path, why);
        return { ...step, wait: { for: '1s' } };
      }
      case 'foreach': {
        if ('steps' in step.each) return { ...step, each: { steps: steps(step.each.steps, `${path}/`) } };
        const { action } = step.each;
        const why = whyBlind(action.tool);
        if (why === undefined) {
          const { verify: _verify, undo: _undo, ...rest } = action;
          return { ...step, each: { action: { ...rest, ...around(action, path) } } };
        }
        left.set(path, why);
        return { ...step, each: { steps: [standIn({})] } };
      }
      case 'parallel': {
        const branches = step.parallel.branches.map(branch => ({
          ...branch,
          steps: steps(branch.steps, `${path}/${branch.id}/`),
        }));
        return { ...step, parallel: { ...step.parallel, branches } };
      }
      case 'approval':
      case 'playbook':
      case 'set':
        return step;
    }
  }

  /** What is proven and taken back, as far as that is within reach. */
  function around(action: PlaybookAction, path: string): Pick<PlaybookAction, 'verify' | 'undo'> {
    const { verify, undo } = action;
    const unseen = verify === undefined ? undefined : whyBlind(verify.tool);
    const noReturn = undo === undefined || undo === 'none' ? undefined : whyBlind(undo.tool);
    if (unseen !== undefined) left.set(`${path}/verify`, unseen);
    if (noReturn !== undefined) left.set(`${undoPath}${path}`, noReturn);
    return {
      ...(verify === undefined || unseen !== undefined ? {} : { verify }),
      ...(undo === undefined ? {} : { undo: noReturn === undefined ? undo : 'none' }),
    };
  }

  return {
    playbook: {
      ...playbook,
      steps: steps(playbook.steps, ''),
      onFailure: { ...playbook.onFailure, steps: steps(playbook.onFailure.steps, '.onFailure/') },
      finally: steps(playbook.finally, '.finally/'),
    },
    left,
  };
}

/** What stands in the place of a step: under its name, and without an answer. */
function standIn({ id, if: condition, timeout, continueOnError }: Partial<Step>): Step {
  return {
    verb: 'set',
    set: { notRehearsed: true },
    ...(id === undefined ? {} : { id }),
    ...(condition === undefined ? {} : { if: condition }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(continueOnError === undefined ? {} : { continueOnError }),
  };
}

/** A step that always fails, behind the one of that id or behind the last: so the way back is seen. Undefined: no such step. */
export function failingBehind(
  playbook: Playbook,
  id: string | undefined,
): { playbook: Playbook; behind: string } | undefined {
  const { steps } = playbook;
  const at = id === undefined ? steps.length - 1 : steps.findIndex(step => step.id === id);
  const step = steps[at];
  if (step === undefined) return undefined;
  return {
    playbook: {
      ...playbook,
      steps: [...steps.slice(0, at + 1), { verb: 'tool', tool: assumedFailure, with: {} }],
    },
    behind: step.id ?? `#${at + 1}`,
  };
}

/** No tool has that name, so a call of it fails. */
const assumedFailure = 'assumed_failure';
