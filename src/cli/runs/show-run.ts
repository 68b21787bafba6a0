import { VigieError } from '../../core/errors.ts';
import { type RunView, ticketIn } from '../../core/journal.ts';
import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { definitionOf } from '../../engine/interpreter/definition-of.ts';
import { runTree, undoTree } from '../../engine/interpreter/run-tree.ts';
import { heldByText, startedByText } from '../../engine/started-by.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { maskedInput } from '../../pipeline/visible-playbooks.ts';
import type { RunsDoor } from '../program.ts';
import { writeData } from '../render/answer.ts';
import type { CommonOptions, Session } from '../session.ts';
import { leftLines } from './left-lines.ts';
import { nextOfRun } from './next-of-run.ts';
import { reportLines } from './report-lines.ts';
import { dataOfRun, dataOfStep, isoOf } from './run-data.ts';
import { treeLines } from './tree-lines.ts';
import { withRuns } from './with-runs.ts';

const nameChars = 64;
/** Of one input, and of why it failed; -o json has all. */
const sayingChars = 300;

/** Shows how far a run is: who started it with what, each step, what it waits for and what comes next. */
export async function showRun(
  session: Session,
  { id, options }: { id: string; options: CommonOptions & { output: string } },
): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ vigie, runs }) => {
      const view = await runNamed(runs, id);
      const input = maskedInput(vigie, view);
      if (options.output !== 'table') {
        const { steps, output = null } = view;
        const data = { ...dataOfRun(view), input, output, steps: steps.map(dataOfStep) };
        await terminal.write(await writeData(data, options.output === 'json' ? 'json' : 'yaml'));
        return;
      }
      for (const line of headLines(view, { input, colors: terminal.colors }))
        await terminal.write(`${line}\n`);
      const playbook = await definitionOf(runs.journal, view.digest);
      if (playbook === undefined) terminal.note('Its definition cannot be read, so its steps are not shown.');
      else {
        const lines = treeLines([...runTree(playbook, view), ...undoTree(view)], { colors: terminal.colors });
        await terminal.write(`${lines.join('\n')}\n`);
      }
      const failure = isObject(view.output) ? textOf(view.output['failure'], 'message') : '';
      if (failure !== '') await terminal.write(`${cleanLine(failure, sayingChars)}\n`);
      for (const line of [...leftLines(view.output, terminal.colors), ...reportLines(view.output)])
        await terminal.write(`${line}\n`);
      const next = nextOfRun(view, { decided: await decidedOf(vigie, view) });
      if (next !== undefined) terminal.note(next);
    },
  });
}

function headLines(
  view: RunView,
  { input, colors }: { input: JsonObject; colors: Session['terminal']['colors'] },
): string[] {
  const { id, name, status, environment, digest, startedAt, endedAt, request } = view;
  const holder = heldByText(view);
  const asked = request === undefined || endedAt !== undefined ? '' : `, asked to ${request}`;
  const held = holder === '' ? '' : ` by ${holder}`;
  const facts = [
    environment,
    digest.slice(0, 8),
    `started ${isoOf(startedAt)} by ${startedByText(view)}`,
    ...(endedAt === undefined ? [] : [`ended ${isoOf(endedAt)}`]),
  ];
  const given = Object.entries(input).filter(([, value]) => value !== null);
  const inputs = given.map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${cleanLine(key, nameChars)}=${cleanLine(text, sayingChars)}`;
  });
  return [
    `${colors.bold(cleanLine(name, nameChars))} ${id}: ${status}${asked}${held}`,
    colors.dim(facts.join(' · ')),
    ...(inputs.length === 0 ? [] : [colors.dim(`with ${inputs.join(', ')}`)]),
  ];
}

/** A loop that asks about each of a thousand objects waits for people in any case. */
const mostLookedAt = 20;

/** Whether all tickets that a run waits for are decided: then it only wants to be gone on with. */
async function decidedOf(vigie: Vigie, { waits }: RunView): Promise<boolean> {
  const tickets = waits.flatMap(wait => (wait.kind === 'message' ? (ticketIn(wait.key) ?? []) : []));
  if (tickets.length === 0) return false;
  const { changes } = await vigie.store();
  const records = await Promise.all(
    tickets.slice(0, mostLookedAt).map(ticket =>
      changes.get(ticket).catch((error: unknown) => {
        if (error instanceof VigieError && error.code === 'UNKNOWN_CHANGE') return undefined;
        throw error;
      }),
    ),
  );
  return records.every(record => record !== undefined && record.state !== 'waiting');
}

/** @throws VigieError NOT_FOUND */
export async function runNamed({ journal }: RunsDoor, id: string): Promise<RunView> {
  const view = await journal.get(id);
  if (view !== undefined) return view;
  throw new VigieError('NOT_FOUND', `There is no run ${cleanLine(id, nameChars)}.`, {
    hint: 'vigie runs list',
  });
}
