import { RootCommand } from '@bomb.sh/tab';
import type { Command, Option } from 'commander';

/** What a tree of commands can complete: its commands, flags, and the words and values that have a list of choices. */
export function completionOf(tree: Command): RootCommand {
  const root = new RootCommand();
  addOptions(root, tree);
  addCommands(root, { parent: tree, path: '' });
  return root;
}

function addCommands(root: RootCommand, at: { parent: Command; path: string }): void {
  for (const command of at.parent.createHelp().visibleCommands(at.parent)) {
    if (command.name() === 'help') continue;
    const path = at.path === '' ? command.name() : `${at.path} ${command.name()}`;
    const entry = root.command(path, command.summary() || command.description());
    addOptions(entry, command);
    for (const word of command.registeredArguments) {
      const choices = word.argChoices ?? [];
      entry.argument(word.name(), complete => choices.forEach(choice => complete(choice, '')), word.variadic);
    }
    addCommands(root, { parent: command, path });
  }
}

function addOptions(entry: ReturnType<RootCommand['command']>, command: Command): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.replace(/^--/, '');
    if (name === undefined) continue;
    const short = option.short?.slice(1);
    if (takesValue(option)) {
      const choices = option.argChoices ?? [];
      entry.option(
        name,
        option.description,
        complete => choices.forEach(choice => complete(choice, '')),
        short,
      );
    } else if (short === undefined) entry.option(name, option.description);
    else entry.option(name, option.description, short);
  }
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
