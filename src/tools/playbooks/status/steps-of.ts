import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { cleanLine } from '../../../core/text.ts';
import type { RunTreeItem } from '../../../engine/interpreter/run-tree.ts';
import { shownStep } from '../../../engine/interpreter/said-of-step.ts';

const pathChars = 160;

/** Steps that hold no others. */
export function leavesOf(items: readonly RunTreeItem[]): RunTreeItem[] {
  return items.flatMap(item => (item.inner.length === 0 ? [item] : leavesOf(item.inner)));
}

/** Each step as a row and as a line, those within behind it. */
export function rowsOf(items: readonly RunTreeItem[], depth = 0): { data: JsonObject; line: string }[] {
  return items.flatMap(item => [rowOf(item, depth), ...rowsOf(item.inner, depth + 1)]);
}

function rowOf(item: RunTreeItem, depth: number): { data: JsonObject; line: string } {
  const { path, text, state, failure, said, change, run, attempt } = item;
  const does = cleanLine(text, pathChars);
  const why = failure === undefined ? '' : cleanLine(failure, limits.warningChars);
  const notes = [
    ...(said === undefined ? [] : [cleanLine(said, limits.warningChars)]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(change === undefined ? [] : [`change ${change}`]),
    ...(run === undefined ? [] : [`run ${run}`]),
  ];
  return {
    data: {
      path: cleanLine(shownStep(path), pathChars),
      state,
      ...(said === undefined ? {} : { said: cleanLine(said, limits.warningChars) }),
      ...(why === '' ? {} : { failure: why }),
      ...(change === undefined ? {} : { change }),
      ...(run === undefined ? {} : { run }),
      ...(attempt > 1 ? { attempt } : {}),
    },
    line: `${'  '.repeat(depth)}${state} ${does}${why === '' ? '' : `: ${why}`}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`,
  };
}
