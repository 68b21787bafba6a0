import type { Playbook, PlaybookMistake } from '../../../src/core/playbook.ts';
import { checkPlaybook } from '../../../src/engine/language/check-playbook.ts';
import { Evaluator } from '../../../src/engine/language/expressions/evaluator.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import type { Tool } from '../../../src/toolkit/tool.ts';
import { toolsOf } from '../../../src/tools/toolsets.ts';

const tools: ReadonlyMap<string, Tool> = new Map(
  toolsOf(undefined, { readOnly: false }).map(tool => [tool.name, tool]),
);

/** One thread for all tests of a file; it keeps no process alive. */
const evaluator = new Evaluator();

/** Everything that is wrong with a playbook; `others` are playbooks that it can call, by their names. */
export async function mistakesIn(
  text: string,
  others: Record<string, string> = {},
): Promise<PlaybookMistake[]> {
  const read = await readPlaybook(text);
  if ('mistakes' in read) return read.mistakes;
  const called = async (name: string): Promise<Playbook | undefined> => {
    if (name === read.playbook.metadata.name) return read.playbook;
    const other = Object.hasOwn(others, name) ? await readPlaybook(others[name] ?? '') : undefined;
    return other?.playbook;
  };
  return checkPlaybook(read, { tools, evaluator, called });
}

/** `line: message`, each. */
export async function linesOf(text: string, others?: Record<string, string>): Promise<string[]> {
  return (await mistakesIn(text, others)).map(({ line, message }) => `${line}: ${message}`);
}

/** A playbook of these steps and whatever else, which begins in the 4th line. */
export function playbookOf(rest: string): string {
  return `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: tried, title: Tried}\n${rest}`;
}
