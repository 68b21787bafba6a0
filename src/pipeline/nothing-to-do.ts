import type { CallResult } from '../core/result.ts';
import type { Exit } from './exit.ts';

/** What is answered where no change is left. */
export function nothingToDo(exit: Exit): CallResult {
  const summary = 'Everything is already so; nothing was changed.';
  return exit.leave({
    status: 'nothing_to_do',
    data: { status: 'nothing_to_do', summary },
    text: `nothing_to_do: ${summary}`,
  });
}
