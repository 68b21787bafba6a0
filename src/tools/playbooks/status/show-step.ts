import { VigieError } from '../../../core/errors.ts';
import type { RunView } from '../../../core/journal.ts';
import { isObject, type Json } from '../../../core/json.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { cleanLine, cutText } from '../../../core/text.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { isOwnNote, shownStep } from '../../../engine/interpreter/said-of-step.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { sentBytes } from '../../text-table.ts';
import type { StatusAnswer } from './answer.ts';

// Names and JSON punctuation; what a step answered is told once, as data.
const overheadBytes = 4_000;
const pathChars = 160;

/** What one step answered, of several attempts the last. @throws VigieError NOT_FOUND */
export function showStep(
  { id, name, environment, status, steps }: RunView,
  { step, context }: { step: string; context: ToolContext },
): StatusAnswer {
  // As it is shown, or as it is recorded.
  const record =
    steps.findLast(({ path }) => path === step) ??
    steps.findLast(({ path }) => shownStep(path) === step && !isOwnNote(path));
  if (record === undefined) {
    const nearest = nearestNames(
      step,
      steps.flatMap(({ path }) => (isOwnNote(path) ? [] : shownStep(path))),
    );
    throw new VigieError('NOT_FOUND', `The run ${id} has recorded no step ${cleanLine(step, pathChars)}.`, {
      hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`playbooks_status with run ${id}`,
      details: { nearest },
    });
  }
  const { output = null, error, state, attempt } = record;
  const answered: Json =
    error ?? (isObject(output) && output['data'] !== undefined ? output['data'] : output);
  const room = context.budgetBytes - overheadBytes;
  const whole = sentBytes(answered) <= room;
  // A part of it is no JSON any more.
  const shown = whole ? answered : cutText(JSON.stringify(answered), Math.floor(room / 3));
  return {
    data: { run: id, playbook: name, environment, status, output: shown, truncated: !whole },
    text: `${cleanLine(step, pathChars)} of run ${id}: ${state}${attempt > 1 ? `, attempt ${attempt}` : ''}; what it answered is under output${whole ? '' : `, cut; all of it: vigie runs logs ${id}`}`,
  };
}
