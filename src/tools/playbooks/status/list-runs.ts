import type { RunSummary } from '../../../core/journal.ts';
import type { JsonObject } from '../../../core/json.ts';
import { textOf } from '../../../core/json.ts';
import { cleanLine } from '../../../core/text.ts';
import { ageOf } from '../../../kubernetes/duration.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { tableHeader, tableLine } from '../../text-table.ts';
import type { StatusAnswer } from './answer.ts';

/** What is looked for among runs is new; the rest is in vigie runs list. */
const mostRuns = 50;
const nameChars = 64;

/** The newest runs of the environments that the caller sees. */
export async function listRuns({ playbooks, now }: ToolContext): Promise<StatusAnswer> {
  const found = await playbooks.runs({ max: mostRuns + 1 });
  const runs = found.slice(0, mostRuns);
  const truncated = found.length > runs.length;
  const lines = runs.map(run =>
    tableLine([
      run.id,
      cleanLine(run.name, nameChars),
      run.environment,
      run.status,
      ageOf(new Date(run.startedAt).toISOString(), now.getTime()),
      cleanLine(textOf(run.startedBy, 'name'), nameChars),
    ]),
  );
  const header =
    lines.length === 0 ? [] : [tableHeader(['run', 'playbook', 'environment', 'status', 'age', 'by'])];
  const more = truncated ? ['older ones: vigie runs list'] : [];
  return {
    data: { runs: runs.map(rowOf), truncated },
    text: [runs.length === 0 ? 'no runs' : 'runs, the newest first', ...header, ...lines, ...more].join('\n'),
  };
}

function rowOf({ id, name, environment, status }: RunSummary): JsonObject {
  return { run: id, playbook: cleanLine(name, nameChars), environment, status };
}
