import type { Wait } from '../../core/journal.ts';
import { cleanLine } from '../../core/text.ts';
import type { RunTreeItem, StepState } from '../../engine/interpreter/run-tree.ts';
import type { Terminal } from '../terminal.ts';

/** Ids and names of a run; what is said of a step. */
const nameChars = 64;
const sayingChars = 300;
/** Of a loop, so many items are drawn; of those that ended well before, only how many. */
const itemsDrawn = 20;

/** How a step stands, a line each. `turning`: the sign of what goes on. */
export function treeLines(
  items: readonly RunTreeItem[],
  { colors, turning = '▸' }: { colors: Terminal['colors']; turning?: string },
): string[] {
  return linesOf(items, { colors, turning, indent: '' });
}

interface Drawing {
  colors: Terminal['colors'];
  turning: string;
  indent: string;
}

function linesOf(items: readonly RunTreeItem[], drawing: Drawing): string[] {
  const { drawn, left } = withinReach(items);
  const more = left === 0 ? [] : [`${drawing.indent}${drawing.colors.dim(`… ${left} more`)}`];
  return [
    ...more,
    ...drawn.flatMap(item => [
      `${drawing.indent}${markOf(item.state, drawing)} ${textOf(item, drawing)}`,
      // On a line of its own: the end of a long one is cut, and half an id is none.
      ...(item.wait === undefined
        ? []
        : [`${drawing.indent}    ${drawing.colors.yellow(waitText(item.wait))}`]),
      ...linesOf(item.inner, { ...drawing, indent: `${drawing.indent}  ` }),
    ]),
  ];
}

/** The newest of a long list: what is said of the others is in the log. */
function withinReach(items: readonly RunTreeItem[]): { drawn: readonly RunTreeItem[]; left: number } {
  const left = Math.max(0, items.length - itemsDrawn);
  // The steps of a playbook stand in its file; only of a loop nobody knows how many items come.
  return items.every(({ text }) => text.startsWith('['))
    ? { drawn: items.slice(left), left }
    : { drawn: items, left: 0 };
}

function markOf(state: StepState, { colors, turning }: Drawing): string {
  switch (state) {
    case 'done':
      return colors.green('✓');
    case 'failed':
      return colors.red('✗');
    case 'going':
      return colors.cyan(turning);
    case 'waiting':
      return colors.yellow('…');
    case 'undone':
      return colors.yellow('↩');
    case 'later':
    case 'idle':
    case 'skipped':
      return colors.dim(state === 'later' ? '·' : '–');
  }
}

function textOf(item: RunTreeItem, { colors }: Drawing): string {
  const { text, state, failure, said, change, run, attempt } = item;
  const shown = cleanLine(text, sayingChars);
  const notes = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(state === 'undone' ? ['taken back'] : []),
    ...(said === undefined ? [] : [cleanLine(said, sayingChars)]),
    ...(change === undefined ? [] : [`change ${cleanLine(change, nameChars)}`]),
    ...(run === undefined ? [] : [`run ${cleanLine(run, nameChars)}`]),
  ];
  const name = isDim(state) ? colors.dim(shown) : shown;
  const about = notes.length === 0 ? '' : `  ${colors.dim(notes.join(' · '))}`;
  const why = failure === undefined ? '' : `: ${cleanLine(failure, sayingChars)}`;
  return `${name}${why}${about}`;
}

function isDim(state: StepState): boolean {
  return state === 'later' || state === 'idle' || state === 'skipped';
}

/** What a run waits for, in words. */
export function waitText(wait: Wait): string {
  if (wait.kind === 'timer') return `until ${new Date(wait.until).toISOString()}`;
  if (wait.kind === 'slot') return 'for another run to let go of its object';
  const [what, id = ''] = wait.key.split(':');
  return what === 'ticket'
    ? `for a person: vigie approve ${cleanLine(id, nameChars)}`
    : 'for a run that it called';
}
