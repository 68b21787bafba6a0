import { VigieError } from '../../../core/errors.ts';
import type { RunView, Wait } from '../../../core/journal.ts';
import { isObject, type JsonObject, textOf, textsIn } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { cleanLine } from '../../../core/text.ts';
import { joined, type Trusted, trusted } from '../../../core/trusted-text.ts';
import { type RunTreeItem, runTree } from '../../../engine/interpreter/run-tree.ts';
import { isOwnNote, shownStep } from '../../../engine/interpreter/said-of-step.ts';
import { startedByText } from '../../../engine/started-by.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows } from '../../text-table.ts';
import type { StatusAnswer } from './answer.ts';
import { type OpenTicket, ticketOf } from './open-tickets.ts';
import { rowsOf } from './steps-of.ts';
import type { SeenRun } from './wait-for-run.ts';

// Facts, waits and changes beside the steps, which are told twice.
const overheadBytes = 14_000;
const nameChars = 64;
const inputChars = 600;
const mostWaits = 20;
const mostChanges = 20;

/** How far a run is, what it waits for, what it changed and how that is taken back. */
export async function showRun(seen: SeenRun, context: ToolContext): Promise<StatusAnswer> {
  const { view, playbook, asked } = seen;
  const items = playbook === undefined ? [] : runTree(playbook, view);
  const rows = rowsOf(items);
  const room = context.budgetBytes - overheadBytes;
  const steps = fittingRows(
    rows.map(({ data }) => data),
    room * 0.5,
  );
  const lines = fittingRows(
    rows.map(({ line }) => line),
    room * 0.5,
  );
  const changes = await changesOf(items, context);
  const failure = failureOf(view);
  const truncated = steps.length < rows.length || lines.length < rows.length;
  const waits = view.waits
    // When the time of the run or of a step is over is no wait that anybody asks about.
    .filter(({ path }) => !isOwnNote(path))
    .slice(0, mostWaits)
    .map(wait => waitOf(wait, asked));
  const next = nextOf(seen);
  const commands = asked.map(({ ticket }) => trusted`vigie approve ${ticket}`);
  return {
    data: {
      run: view.id,
      playbook: cleanLine(view.name, nameChars),
      environment: view.environment,
      status: view.status,
      steps,
      ...(waits.length === 0 ? {} : { waits: waits.map(({ data }) => data) }),
      ...(failure === '' ? {} : { failure }),
      ...(changes.length === 0 ? {} : { changes: changes.map(({ data }) => data) }),
      truncated,
      ...(commands.length === 0 ? {} : { approveWith: joined(commands, '; ') }),
      ...(next === undefined ? {} : { next }),
    },
    text: [
      headOf(view),
      ...lines,
      ...(truncated ? [`… more steps: vigie runs show ${view.id}`] : []),
      ...waits.map(({ line }) => line),
      ...(failure === '' ? [] : [`failed: ${failure}`]),
      ...changes.map(({ line }) => line),
      ...(next === undefined ? [] : [next]),
    ].join('\n'),
  };
}

function headOf(view: RunView): string {
  const { id, name, environment, status, startedAt, endedAt, input, request } = view;
  const asked = request === undefined || endedAt !== undefined ? '' : `, asked to ${request}`;
  const ended = endedAt === undefined ? '' : `, ended ${new Date(endedAt).toISOString()}`;
  return [
    `${id} ${cleanLine(name, nameChars)} in ${environment}: ${status}${asked}`,
    `started ${new Date(startedAt).toISOString()} by ${startedByText(view)}${ended}, inputs ${cleanLine(JSON.stringify(input), inputChars)}`,
  ].join('\n');
}

function waitOf(wait: Wait, asked: readonly OpenTicket[]): { data: JsonObject; line: string } {
  const path = cleanLine(shownStep(wait.path), nameChars);
  const ticket = ticketOf(wait);
  const open = asked.find(each => each.ticket === ticket);
  if (open !== undefined) {
    const { summary, risk, expiresAt } = open;
    const what = cleanLine(summary, limits.warningChars);
    return {
      data: {
        path,
        for: 'a person',
        ticket: open.ticket,
        risk,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      line: `${path} waits for a person, risk ${risk}: ${what}. vigie approve ${open.ticket}`,
    };
  }
  if (ticket !== undefined)
    return {
      data: { path, for: 'a change', ticket },
      line: `${path} waits for the change ${cleanLine(ticket, nameChars)}, which was decided`,
    };
  if (wait.kind === 'timer') {
    const until = new Date(wait.until).toISOString();
    return { data: { path, for: 'a moment', until }, line: `${path} waits until ${until}` };
  }
  if (wait.kind === 'slot')
    return {
      data: { path, for: 'another run' },
      line: `${path} waits for another run to let go of its object`,
    };
  return { data: { path, for: 'a run' }, line: `${path} waits for a run that it called` };
}

function failureOf({ output }: RunView): string {
  const failure = isObject(output) ? output['failure'] : undefined;
  const problems = isObject(output) ? textsIn(output['problems']) : [];
  const told = [textOf(failure, 'message'), ...problems].filter(text => text !== '');
  return told
    .slice(0, mostWaits)
    .map(text => cleanLine(text, limits.warningChars))
    .join('; ');
}

/** What the run changed, and how each is taken back. */
async function changesOf(
  items: readonly RunTreeItem[],
  { changes }: ToolContext,
): Promise<{ data: JsonObject; line: string }[]> {
  const ids = allOf(items).flatMap(({ change }) => change ?? []);
  const found: { data: JsonObject; line: string }[] = [];
  for (const id of ids.slice(0, mostChanges)) {
    const record = await changes.get(id).catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'UNKNOWN_CHANGE') return undefined;
      throw error;
    });
    if (record === undefined) continue;
    const { state, summary, undo, undoneBy } = record;
    const back = undoneBy === undefined ? undo : `taken back by ${undoneBy}`;
    found.push({
      data: { id, state, back },
      line: `change ${id} ${state}: ${cleanLine(summary, limits.warningChars)}; ${undoneBy === undefined ? `undo: ${back}` : back}`,
    });
  }
  if (ids.length > mostChanges) found.push(moreChanges(ids.length - mostChanges));
  return found;
}

function moreChanges(count: number): { data: JsonObject; line: string } {
  return { data: { more: count }, line: `and ${count} more changes: changes_list` };
}

function allOf(items: readonly RunTreeItem[]): RunTreeItem[] {
  return items.flatMap(item => [item, ...allOf(item.inner)]);
}

function nextOf({ view, asked }: SeenRun): Trusted | undefined {
  const { id, status, endedAt } = view;
  const [first] = asked;
  if (endedAt !== undefined)
    return status === 'done' ? undefined : trusted`playbooks_control with run ${id} and action retry`;
  if (status === 'paused')
    return trusted`Whoever paused it lets it go on, a person with: vigie runs resume ${id}`;
  if (first !== undefined)
    return trusted`Show the person the diff (changes_get with id ${first.ticket}) and approveWith, which they run. Wait with changes_get and waitSeconds, then playbooks_status again`;
  if (status === 'ready')
    return trusted`Where nobody goes on with it: vigie worker, or playbooks_control with run ${id} and action resume`;
  return trusted`playbooks_status with run ${id} and waitSeconds`;
}
