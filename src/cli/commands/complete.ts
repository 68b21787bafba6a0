import { completionOf } from '../completion.ts';
import type { DefineCommand } from './entry.ts';

/** Called by the shell with the words typed so far, after `--`. */
export const define: DefineCommand = command => {
  command.argument('[words...]').action((words: string[]) => {
    if (command.parent !== null) completionOf(command.parent).parse(words);
  });
};
