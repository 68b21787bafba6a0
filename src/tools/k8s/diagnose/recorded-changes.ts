import { inParallel } from '../../../core/in-parallel.ts';
import type { RecordedChange } from '../../../diagnosis/snapshot.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

// Whoever asks what is wrong asks of what was done lately; each costs reads of the objects that it concerned.
const mostChanges = 15;
const atOnce = 4;

/** The changes that Vigie made here lately and that stand, with what others did to their objects since. */
export async function recordedChanges(context: ToolContext): Promise<RecordedChange[]> {
  const { name } = context.environment;
  const records = await context.changes.list({
    environment: name,
    states: ['done', 'unverified'],
    limit: mostChanges,
  });
  return inParallel(
    records.filter(({ finishedAt, undoneBy }) => finishedAt !== undefined && undoneBy === undefined),
    {
      atOnce,
      task: async record => ({
        id: record.id,
        tool: record.tool,
        summary: record.summary,
        startedAt: record.decidedAt ?? record.createdAt,
        finishedAt: record.finishedAt ?? '',
        targets: record.targets,
        changedSince: await context.changedSince(record),
      }),
    },
  );
}
