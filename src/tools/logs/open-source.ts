import type { LokiReader } from '../../clients/loki/reader.ts';
import type { Logql } from '../../logs/logql.ts';
import type { ToolContext } from '../../toolkit/tool.ts';
import { labelNamesAmong, lokiQuery } from './loki-query.ts';
import { lokiSource } from './loki-source.ts';
import { podSource } from './pod-source.ts';
import type { AskedLines, LineSource } from './source.ts';

export type Opened =
  | { kind: 'lines'; source: LineSource }
  | { kind: 'metric'; loki: LokiReader; query: Logql };

/** Where the lines are: in the environment's Loki, else in the cluster's own logs. @throws VigieError as either does */
export async function openSource(asked: AskedLines, context: ToolContext): Promise<Opened> {
  // Who writes LogQL without a Loki is told which lines of vigie.yaml name one.
  if (!context.systems.configured.has('loki') && asked.query === undefined)
    return { kind: 'lines', source: await podSource(asked, context) };
  const loki = await context.systems.loki();
  const names = labelNamesAmong(await loki.labels());
  const query = await lokiQuery(asked, { names, context });
  if (query.kind === 'metric') return { kind: 'metric', loki, query };
  return { kind: 'lines', source: lokiSource(loki, { query, names, asked, context }) };
}
