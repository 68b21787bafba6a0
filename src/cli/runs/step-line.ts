import type { StepRecord } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Terminal } from '../terminal.ts';

/** A path and what is said about it come from a playbook and from a cluster. */
const pathChars = 80;
const sayingChars = 300;

/** What a run notes for itself: since when, until when, who was asked at a gate, and how its steps ended. */
const inner = /(^\.steps|\/(begun|since|timeout|seat\d+))$/;

/** How a step stands, in a line; undefined: nothing that a person follows. */
export function stepLine(step: StepRecord, colors: Terminal['colors']): string | undefined {
  const { path, state, output, error } = step;
  if (inner.test(path)) return undefined;
  const name = shownPath(path);
  const change = textOf(output, 'change') || textOf(error, 'change');
  const about = change === '' ? '' : `  ${colors.dim(`change ${cleanLine(change, pathChars)}`)}`;
  if (state === 'done') return `${colors.green('✓')} ${name}${about}`;
  if (state === 'failed')
    return `${colors.red('✗')} ${name}: ${cleanLine(textOf(error, 'message'), sayingChars)}${about}`;
  return undefined;
}

/** What is taken back and what cleans up, in words. */
export function shownPath(path: string): string {
  // That a step is over is noted under it.
  const clean = cleanLine(path, pathChars).replace(/\/(over|seat\d+)$/, '');
  if (clean.startsWith('.undo/')) return `undo ${clean.slice('.undo/'.length)}`;
  return clean.startsWith('.') ? clean.slice(1) : clean;
}
