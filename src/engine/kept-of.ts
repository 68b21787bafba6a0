import { VigieError } from '../core/errors.ts';
import type { Journal, RunView } from '../core/journal.ts';
import { textOf } from '../core/json.ts';
import { nearestNames } from '../core/nearest.ts';
import type { Playbook } from '../core/playbook.ts';
import { trusted } from '../core/trusted-text.ts';
import { definitionOf } from './interpreter/definition-of.ts';
import { gateOf, isSeat } from './interpreter/seats.ts';

/**
 * What a run that begins again at a step needs of the one before: the definition that it had, and what is kept.
 * @throws VigieError PLAYBOOK: nobody can read its definition any more; INVALID_INPUT as keptOf does
 */
export async function retryOf(
  journal: Journal,
  { run, from }: { run: RunView; from: string | undefined },
): Promise<{ playbook: Playbook; keep: string[] }> {
  const playbook = await definitionOf(journal, run.digest);
  if (playbook === undefined)
    throw new VigieError(
      'PLAYBOOK',
      `The definition of the run ${run.id} cannot be read, or is another text.`,
    );
  return { playbook, keep: keptOf(run, { playbook, from }) };
}

/**
 * The paths whose records count for the new run: those of the steps before `from`, where people were asked left out. A step that was taken back, or did not
 * end well, is always made again.
 * @throws VigieError INVALID_INPUT: no such step, or one behind a step that must be made again
 */
export function keptOf(
  { steps }: RunView,
  { playbook, from }: { playbook: Playbook; from: string | undefined },
): string[] {
  const order = playbook.steps.map(({ id }, index) => id ?? `#${index + 1}`);
  const placeOf = (path: string): number => order.indexOf(path.replace(/[/[@].*$/, ''));
  const broken = steps.flatMap(({ path, state, output }) => {
    if (path.startsWith('.undo/')) return [placeOf(path.slice('.undo/'.length))];
    // A called playbook tells how it ended, and to have been told of it is well in any case.
    const told = textOf(output, 'run') !== '' && textOf(output, 'status') !== 'done';
    return state === 'done' && !told ? [] : [placeOf(path)];
  });
  const first = Math.min(order.length, ...broken.filter(place => place >= 0));
  const at = from === undefined ? first : order.indexOf(from);
  if (at < 0) {
    const nearest = nearestNames(from ?? '', order);
    throw new VigieError('INVALID_INPUT', 'The playbook has no step of that name at its top.', {
      hint: nearest.length === 0 ? 'vigie playbooks show NAME' : trusted`Did you mean ${nearest}?`,
    });
  }
  if (at > first)
    throw new VigieError(
      'INVALID_INPUT',
      `A step before it failed or was taken back: ${order[first] ?? ''} must be made again.`,
      { hint: 'Leave from out: it begins there.' },
    );
  // What people agreed to at a gate was for that run.
  const gates = new Set(
    steps
      .map(({ path }) => path)
      .filter(isSeat)
      .map(gateOf),
  );
  return steps
    .filter(({ path, state }) => state === 'done' && placeOf(path) >= 0 && placeOf(path) < at)
    .filter(({ path }) => !gates.has(gateOf(path)))
    .map(({ path }) => path);
}
