import type { StepRecord } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { isOwnNote, saidOfStep, shownStep } from '../../engine/interpreter/said-of-step.ts';
import type { Terminal } from '../terminal.ts';

/** A path and what is said about it come from a playbook and from a cluster. */
const pathChars = 80;
const sayingChars = 300;

/** How a step stands, in a line; undefined: nothing that a person follows. */
export function stepLine(step: StepRecord, colors: Terminal['colors']): string | undefined {
  const { path, state, output, error } = step;
  if (isOwnNote(path)) return undefined;
  const name = shownPath(path);
  const change = textOf(output, 'change') || textOf(error, 'change');
  const about = change === '' ? '' : `  ${colors.dim(`change ${cleanLine(change, pathChars)}`)}`;
  if (state === 'failed')
    return `${colors.red('✗')} ${name}: ${cleanLine(textOf(error, 'message'), sayingChars)}${about}`;
  if (state !== 'done') return undefined;
  const said = saidOfStep(step);
  const told = said === undefined ? '' : `  ${colors.dim(cleanLine(said.text, sayingChars))}`;
  return `${said?.idle === true ? colors.dim('–') : colors.green('✓')} ${name}${told}${about}`;
}

/** A step by the name that people know it by. */
export function shownPath(path: string): string {
  return cleanLine(shownStep(path), pathChars);
}
