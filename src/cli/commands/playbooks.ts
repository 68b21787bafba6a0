import { Option } from 'commander';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { readInput } from '../read-input.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

type Options = CommonOptions & { output: string };
type RehearseOptions = Options & { input: [string, string][]; environment?: string; failBehind?: string };

export const define: DefineCommand = (command, session) => {
  const lint = command
    .command('lint')
    .argument('[file...]', 'Files of playbooks; without one, all that there are.')
    .description(
      'Check playbooks: each mistake with its line and what to write instead. Exit status 5: there are some.',
    );
  addConfigOption(addOutputOption(lint)).action(async (files: string[], options: Options) => {
    const playbooks = await import('../playbooks/lint.ts');
    await playbooks.lint(session, { files, options });
  });

  const list = command
    .command('list', { isDefault: true })
    .description('Show the playbooks that come with Vigie, and your own.');
  addConfigOption(addOutputOption(list)).action(async (options: Options) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/list.ts');
    await playbooks.list(session, options);
  });

  const show = command
    .command('show')
    .argument('<name>', 'Of a playbook.')
    .description('Show what a playbook is for, takes and does; -o yaml: its whole definition.');
  addConfigOption(addOutputOption(show)).action(async (name: string, options: Options) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/show.ts');
    await playbooks.show(session, { name, options });
  });

  const graph = command
    .command('graph')
    .argument('<name>', 'Of a playbook.')
    .description('Draw the steps of a playbook.')
    .addOption(
      new Option('--as <form>', 'Default: tree on a terminal, else mermaid.').choices(['tree', 'mermaid']),
    );
  addConfigOption(graph).action(async (name: string, options: CommonOptions & { as?: string }) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/show.ts');
    await playbooks.drawGraph(session, { name, options });
  });

  const rehearse = command
    .command('rehearse')
    .argument('<name>', 'Of a playbook.')
    .description(
      'Play a playbook on a copy of an environment: what each step would change, and the way back. Nothing is written there. Exit status 5: it would not end well.',
    )
    .option('-e, --environment <text>', 'Whose copy; default: the only one.')
    .option('-i, --input <name=value>', 'One of its inputs; again for each.', readInput, [])
    .option('--fail-behind <id>', 'The step at the top behind which its way back begins; default: the last.');
  addConfigOption(addOutputOption(rehearse)).action(async (name: string, options: RehearseOptions) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/rehearse.ts');
    await playbooks.rehearseHere(session, { name, options });
  });

  const test = command
    .command('test')
    .argument('[name...]', 'Of playbooks; without one, all that have a test.yaml.')
    .description(
      'Play the cases of playbooks in simulated clusters: what is broken, and what becomes of it. Exit status 5: one came out otherwise.',
    );
  addConfigOption(addOutputOption(test)).action(async (names: string[], options: Options) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/test.ts');
    await playbooks.testPlaybooks(session, { names, options });
  });

  command
    .command('schema')
    .description('Print the JSON Schema that an editor checks playbooks by.')
    .action(async () => {
      const { playbookJsonSchema } = await import('../../engine/language/json-schema.ts');
      await session.terminal.write(`${JSON.stringify(playbookJsonSchema(), null, 2)}\n`);
    });

  const make = command
    .command('new')
    .argument('<name>', 'Small letters, digits and dashes.')
    .description('Write a commented playbook to begin with into the folder that vigie.yaml names.');
  addConfigOption(make).action(async (name: string, options: CommonOptions) => {
    await session.noteOwnFiles(options);
    const playbooks = await import('../playbooks/new.ts');
    await playbooks.makeNew(session, { name, options });
  });
};
