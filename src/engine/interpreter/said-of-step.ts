import type { StepRecord } from '../../core/journal.ts';
import { isObject, textOf, textsIn } from '../../core/json.ts';
import { noteNames } from '../language/note-names.ts';

/** What a step came to beside well or badly. */
export interface SaidOfStep {
  text: string;
  /** True: it did nothing, and is no success. */
  idle: boolean;
}

/** Who agreed at a gate, or that there was nothing to do; undefined: no more than its state says. */
export function saidOfStep(record: Pick<StepRecord, 'state' | 'output'> | undefined): SaidOfStep | undefined {
  if (record?.state !== 'done') return undefined;
  const { output } = record;
  const by = isObject(output) ? textsIn(output['by']) : [];
  switch (textOf(output, 'decision') || textOf(output, 'status')) {
    case 'approved':
      return { text: `approved by ${by.join(', ')}`, idle: false };
    case 'nothing':
    case 'nothing_to_do':
      return nothingToDo;
    case 'skipped':
      return { text: 'nobody agreed in time', idle: true };
    default:
      return undefined;
  }
}

/** Of what met nothing. */
export const nothingToDo: SaidOfStep = { text: 'nothing to do', idle: true };

/** What a run notes for itself under a step. */
const own = new RegExp(`/(${noteNames})$`);

/** The step that a path belongs to, as people name it: `finally/last`, `undo up`. */
export function shownStep(path: string): string {
  const step = path.replace(own, '');
  if (step.startsWith('.undo/')) return `undo ${step.slice('.undo/'.length)}`;
  return step.startsWith('.') ? step.slice(1) : step;
}

/** Whether a path is a note of the run for itself, and not how a step ended. */
export function isOwnNote(path: string): boolean {
  return path === '.steps' || (own.test(path) && !path.endsWith('/over'));
}
