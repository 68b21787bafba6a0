import type { RunQuery, RunSummary, Wait } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { isOwnNote } from '../../engine/interpreter/said-of-step.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions, Session } from '../session.ts';
import { dataOfRun, isoOf } from './run-data.ts';
import { shownPath } from './step-line.ts';
import { waitText } from './tree-lines.ts';
import { withRuns } from './with-runs.ts';

const nameChars = 64;

/** Shows runs, the newest first; where there are more than were asked for it says so. */
export async function listRuns(
  session: Session,
  options: CommonOptions & { output: string; limit: number } & Omit<RunQuery, 'max' | 'before'>,
): Promise<void> {
  const { status, name, environment, limit, output } = options;
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ vigie, runs }) => {
      const found = await runs.journal.list({
        max: limit + 1,
        ...(status === undefined ? {} : { status }),
        ...(name === undefined ? {} : { name }),
        // One that vigie.yaml does not name is a slip.
        ...(environment === undefined
          ? {}
          : { environment: environmentOf(vigie, { environment }).view.name }),
      });
      const shown = found.slice(0, limit);
      if (output !== 'table') {
        const data = { runs: shown.map(dataOfRun), truncated: found.length > shown.length };
        await terminal.write(await writeData(data, output === 'json' ? 'json' : 'yaml'));
        return;
      }
      const rows = shown.map(rowOf);
      await terminal.write(rows.length === 0 ? 'There are no runs.\n' : new TableWriter().page(rows));
      if (found.length > shown.length) terminal.note('There are older ones: --limit shows more.');
    },
  });
}

function rowOf({ id, name, environment, status, startedAt, waits }: RunSummary): JsonObject {
  return {
    id,
    playbook: cleanLine(name, nameChars),
    environment,
    status,
    started: isoOf(startedAt),
    // Of one that was woken only what it waited for is known.
    waits: status === 'waiting' || status === 'paused' ? firstWait(waits) : '',
  };
}

/** A person who is asked before all else; when the time of the run or of a step is over is no wait that anybody asks about. */
function firstWait(waits: readonly Wait[]): string {
  const [first] = [
    ...waits.filter(({ kind }) => kind === 'message'),
    ...waits.filter(({ kind, path }) => kind !== 'message' && !isOwnNote(path)),
  ];
  return first === undefined ? '' : `${shownPath(first.path)} ${waitText(first)}`;
}
