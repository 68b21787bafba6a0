import type { Playbook, Step } from '../../core/playbook.ts';

/** The steps of a playbook under the paths that their records have, without the numbers of items. */
export function stepsByPath({ steps, onFailure, finally: last }: Playbook): Map<string, Step> {
  const found = new Map<string, Step>();
  const visit = (list: readonly Step[], prefix: string): void => {
    for (const [index, step] of list.entries()) {
      const path = `${prefix}${step.id ?? `#${index + 1}`}`;
      found.set(path, step);
      if (step.verb === 'foreach' && 'steps' in step.each) visit(step.each.steps, `${path}/`);
      if (step.verb === 'parallel')
        for (const branch of step.parallel.branches) visit(branch.steps, `${path}/${branch.id}/`);
    }
  };
  visit(steps, '');
  visit(onFailure.steps, '.onFailure/');
  visit(last, '.finally/');
  return found;
}

/** `deploy[3]/check` as `deploy/check`. */
export function withoutItems(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '');
}
