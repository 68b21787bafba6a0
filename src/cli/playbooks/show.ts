import type { Json } from '../../core/json.ts';
import { mermaidOf } from '../../engine/language/graph.ts';
import { outlineOf, treeLines } from '../../engine/language/outline.ts';
import { printPlaybook, writtenPlaybook } from '../../engine/language/print-playbook.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions, Session } from '../session.ts';
import { CliLibrary } from './cli-library.ts';
import { startsOf } from './list.ts';

/** Shows one playbook: what it is for, what it takes, what it does; or its whole definition as data. */
export async function show(
  session: Session,
  { name, options }: { name: string; options: CommonOptions & { output: string } },
): Promise<void> {
  const desk = new CliLibrary(session, options);
  const { terminal } = session;
  try {
    const { playbook, digest, file, origin } = await desk.named(name);
    if (options.output === 'yaml') return await terminal.write(await printPlaybook(playbook));
    if (options.output === 'json')
      return await terminal.write(await writeData(writtenPlaybook(playbook), 'json'));
    const { bold, dim } = terminal.colors;
    const { metadata, inputs } = playbook;
    const facts = [
      ...(metadata.owner === undefined ? [] : [`owner ${metadata.owner}`]),
      `started by ${startsOf(playbook)}`,
      `at most ${playbook.timeout}`,
      `${origin}, ${digest.slice(0, 8)}`,
    ];
    await terminal.write(
      `${bold(metadata.name)}  ${metadata.title}\n${dim(facts.join(' · '))}\n${dim(file)}\n`,
    );
    if (metadata.description !== undefined) await terminal.write(`\n${metadata.description}\n`);
    const rows = Object.entries(inputs).map(
      ([input, { type, required, default: byDefault, description }]) => ({
        input,
        type,
        default: required ? 'required' : shownValue(byDefault),
        what: description ?? '',
      }),
    );
    if (rows.length > 0) await terminal.write(`\n${new TableWriter().page(rows)}`);
    await terminal.write(`\n${treeLines(outlineOf(playbook)).join('\n')}\n`);
  } finally {
    await desk.close();
  }
}

/** Draws the steps of one playbook: a tree, or a flowchart that Mermaid reads. */
export async function drawGraph(
  session: Session,
  { name, options }: { name: string; options: CommonOptions & { as?: string } },
): Promise<void> {
  const desk = new CliLibrary(session, options);
  const { terminal } = session;
  try {
    const { playbook } = await desk.named(name);
    const as = options.as ?? (terminal.outputIsTerminal ? 'tree' : 'mermaid');
    await terminal.write(
      as === 'tree'
        ? `${playbook.metadata.name}\n${treeLines(outlineOf(playbook)).join('\n')}\n`
        : mermaidOf(playbook),
    );
  } finally {
    await desk.close();
  }
}

function shownValue(value: Json | undefined): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
