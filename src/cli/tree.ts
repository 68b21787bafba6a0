import { Command, Option } from 'commander';
import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';
import { commandEntries, familyCommands } from './commands/index.ts';
import { exitStatuses } from './exit-status.ts';
import type { Session } from './session.ts';

const about = `Changes to a cluster go preview, policy, a person's approval, apply, verify, undo, audit.`;

/** Commands that speak about all the others. */
const describingCommands: ReadonlySet<string> = new Set(['complete', 'completion', 'help']);

/** Options that stand before the command and take no value. */
const isFlag = (word: string) => word.startsWith('-');

/**
 * The commands as commander knows them. Of the handwritten ones only the one that is called is loaded, and the tools
 * only where one of them, the help or a completion is: `vigie serve` pays for nothing that it does not use.
 */
export async function buildTree(session: Session, argv: readonly string[]): Promise<Command> {
  const wanted = argv.find(word => !isFlag(word));
  const tree = new Command('vigie')
    .description(about)
    .version(session.program.version, '--version', 'Print the version.')
    .helpOption('-h, --help', 'Show help.')
    .commandsGroup('More:')
    .helpCommand('help [command]', 'Show the help of a command.')
    .addHelpText('after', `\nExit statuses:\n${describeStatuses()}`)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: text => void session.terminal.write(text),
      writeErr: text => session.terminal.prompt(text),
      getOutHelpWidth: () => session.terminal.columns,
      getErrHelpWidth: () => session.terminal.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const entire = wanted !== undefined && describingCommands.has(wanted);
  if (entire || !commandEntries.some(entry => entry.name === wanted)) await addToolCommands(tree, session);
  for (const entry of commandEntries) {
    const command = tree.command(entry.name, { hidden: entry.hidden === true }).description(entry.summary);
    command.helpGroup(entry.group);
    if (!entire && entry.name !== wanted) continue;
    (await entry.load())(command, session);
    if (entry.name === wanted) refuseUnknownVerb(command, argv);
  }
  return tree;
}

async function addToolCommands(tree: Command, session: Session): Promise<void> {
  const { commandLineTools, toolFamilies } = await import('../tools/index.ts');
  const { defineToolCommand } = await import('./tool-command/define.ts');
  for (const [name, offered] of Object.entries(toolFamilies)) {
    // What is done there is done by a command of its own, for people.
    if (commandEntries.some(entry => entry.name === name)) continue;
    const tools = [...offered, ...(commandLineTools[name] ?? [])];
    const verbs = tools.map(tool => tool.name.slice(name.length + 1).replaceAll('_', '-')).join(', ');
    const own = familyCommands[name] ?? [];
    const family = tree
      .command(name)
      .description(`${[verbs, ...own.map(entry => entry.name)].join(', ')}.`)
      .helpGroup('Tools:');
    for (const tool of tools) {
      defineToolCommand(family, {
        tool,
        session,
        newOption: (flags, description) => new Option(flags, description),
      });
    }
    for (const entry of own) {
      const command = family.command(entry.name).summary(entry.summary).description(entry.summary);
      (await entry.load())(command, session);
    }
  }
}

/** A command that does something without a verb takes a mistyped one for an argument; the nearest name helps more. */
function refuseUnknownVerb(command: Command, argv: readonly string[]): void {
  const verb = argv[argv.indexOf(command.name()) + 1];
  const verbs = command.commands.map(each => each.name());
  if (verb === undefined || isFlag(verb) || verbs.length === 0 || [...verbs, 'help'].includes(verb)) return;
  const nearest = nearestNames(verb, verbs);
  throw new VigieError('INVALID_INPUT', `unknown command '${verb}' of vigie ${command.name()}`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`vigie ${command.name()} --help`,
    details: { nearest },
  });
}

function describeStatuses(): string {
  return Object.entries(exitStatuses)
    .map(([status, meaning]) => `  ${status}  ${meaning}`)
    .join('\n');
}
