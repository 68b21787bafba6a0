import { VigieError } from '../../core/errors.ts';
import type { RunStatus, RunSummary, RunView, Wait } from '../../core/journal.ts';
import { isObject, type Json, type JsonObject, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { definitionOf } from '../../engine/interpreter/definition-of.ts';
import { runTree, undoTree } from '../../engine/interpreter/run-tree.ts';
import type { RunsDoor } from '../program.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions, Session } from '../session.ts';
import { leftLines } from './left-lines.ts';
import { shownPath, stepLine } from './step-line.ts';
import { treeLines, waitText } from './tree-lines.ts';
import { withRuns } from './with-runs.ts';

/** More than a person reads; narrow by status or name. */
const mostShown = 200;
const nameChars = 64;
/** Of an answer in the log; -o json of `vigie runs show` has all. */
const answerChars = 2_000;

type Shown = CommonOptions & { output: string };

export async function listRuns(
  session: Session,
  options: Shown & { status?: RunStatus; name?: string },
): Promise<void> {
  const { status, name, output } = options;
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const found = await runs.journal.list({
        max: mostShown,
        ...(status === undefined ? {} : { status }),
        ...(name === undefined ? {} : { name }),
      });
      if (output === 'table') {
        const rows = found.map(each => rowOf(each));
        await session.terminal.write(
          rows.length === 0 ? 'There are no runs.\n' : new TableWriter().page(rows),
        );
      } else await session.terminal.write(await writeData({ runs: found.map(dataOf) }, formOf(output)));
    },
  });
}

export async function showRun(
  session: Session,
  { id, options }: { id: string; options: Shown },
): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const view = await runNamed(runs, id);
      if (options.output !== 'table') {
        const { input, steps, output = null } = view;
        const data = { ...dataOf(view), input, output, steps: steps.map(step => ({ ...step })) };
        await terminal.write(await writeData(data, formOf(options.output)));
        return;
      }
      const { bold, dim } = terminal.colors;
      const { status, environment, digest, startedBy, startedAt, request } = view;
      const asked = request === undefined || view.endedAt !== undefined ? '' : `, asked to ${request}`;
      const facts = [
        environment,
        digest.slice(0, 8),
        `started ${new Date(startedAt).toISOString()} by ${cleanLine(textOf(startedBy, 'name'), nameChars)}`,
      ];
      await terminal.write(`${bold(cleanLine(view.name, nameChars))} ${view.id}: ${status}${asked}\n`);
      await terminal.write(`${dim(facts.join(' · '))}\n`);
      const playbook = await definitionOf(runs.journal, digest);
      if (playbook === undefined) terminal.note('Its definition cannot be read, so its steps are not shown.');
      else {
        const lines = treeLines([...runTree(playbook, view), ...undoTree(view)], { colors: terminal.colors });
        await terminal.write(`${lines.join('\n')}\n`);
      }
      const failure = isObject(view.output) ? textOf(view.output['failure'], 'message') : '';
      if (failure !== '') await terminal.write(`${cleanLine(failure, answerChars)}\n`);
      for (const line of leftLines(view.output, terminal.colors)) await terminal.write(`${line}\n`);
    },
  });
}

export async function logRun(
  session: Session,
  { id, options }: { id: string; options: CommonOptions },
): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      for (const step of (await runNamed(runs, id)).steps) {
        const line = stepLine(step, terminal.colors);
        if (line === undefined) continue;
        await terminal.write(`${terminal.colors.dim(new Date(step.at).toISOString())} ${line}\n`);
        const answer = answerOf(step.output);
        if (answer !== '') await terminal.write(`    ${answer}\n`);
      }
    },
  });
}

/** @throws VigieError NOT_FOUND */
export async function runNamed({ journal }: RunsDoor, id: string): Promise<RunView> {
  const view = await journal.get(id);
  if (view !== undefined) return view;
  throw new VigieError('NOT_FOUND', `There is no run ${cleanLine(id, nameChars)}.`, {
    hint: 'vigie runs list',
  });
}

function rowOf({ id, name, environment, status, startedAt, waits }: RunSummary): JsonObject {
  return {
    id,
    playbook: cleanLine(name, nameChars),
    environment,
    status,
    started: new Date(startedAt).toISOString(),
    waits: firstWait(waits),
  };
}

/** A person who is asked before all else; when the run's own time is over is no wait that anybody asks about. */
function firstWait(waits: readonly Wait[]): string {
  const [first] = [
    ...waits.filter(({ kind }) => kind === 'message'),
    ...waits.filter(({ kind, path }) => kind !== 'message' && path !== '.steps'),
  ];
  return first === undefined ? '' : `${shownPath(first.path)} ${waitText(first)}`;
}

function dataOf(run: RunSummary): JsonObject {
  const { id, name, environment, digest, status, startedBy, startedAt, endedAt, waits } = run;
  return {
    id,
    name,
    environment,
    digest,
    status,
    startedBy,
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    waits: waits.map(wait => ({ ...wait })),
  };
}

function answerOf(output: Json | undefined): string {
  const data = isObject(output) ? (output['data'] ?? null) : null;
  return data === null ? '' : cleanLine(JSON.stringify(data), answerChars);
}

function formOf(output: string): 'json' | 'yaml' {
  return output === 'json' ? 'json' : 'yaml';
}
