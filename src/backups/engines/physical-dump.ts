import { createGzip } from 'node:zlib';
import type { PostgresVariables } from '../../clients/postgres/connection.ts';
import type { ContentItem } from '../../core/copy.ts';
import { textOf } from '../../core/json.ts';
import type { Dumped } from '../engine.ts';
import { streamOf } from '../programs.ts';
import { copiedField } from './copied-field.ts';
import { through } from './gzip-through.ts';
import { basePart, databaseItems, type PhysicalJob, walSuffix } from './physical-copy.ts';
import type { Server } from './physical-source.ts';
import type { PsqlSession } from './psql-session.ts';
import { type Glance, type RowsSeen, rowsBetween } from './source-rows.ts';
import { segmentFrom } from './wal-segments.ts';
import type { NextWal } from './wal-since.ts';

/** WAL is for going to disk soon, not for saving the last byte. */
const level = 1;

const baseOptions = '-D - -Ft -X fetch -c fast -w --manifest-checksums=SHA256'.split(' ');
const copyOptions = '-X -q -w -v ON_ERROR_STOP=1 -c'.split(' ');

/** What a dump goes by. */
export interface Dumping {
  job: PhysicalJob;
  to: PostgresVariables;
  session: PsqlSession;
  server: Server;
  wal: NextWal;
  markedAt: string;
  /** Counts rows at the source, now. */
  look: (glance: Glance) => Promise<RowsSeen>;
  /** What was seen right before the WAL of this copy ended; absent: the copy is of none. */
  before: RowsSeen | undefined;
}

/** A day's copy: each row is read by the copy itself. */
const baseGlance: Glance = { tables: 2_000, rows: 100_000 };
/** Every few minutes: whether anything is in the largest tables. */
export const walGlance: Glance = { tables: 200, rows: 1 };

/** The whole server, with the WAL that makes it consistent. */
export async function dumpBase({ job, to, session, server, wal, look }: Dumping): Promise<Dumped> {
  job.progress('Counting rows');
  const before = await look(baseGlance);
  job.progress('Copying the whole server');
  const bytes = streamOf(job, {
    // WAL that the copy needs comes at its end; a second connection that streams it cannot go to stdout.
    argv: ['pg_basebackup', ...baseOptions, '-Z', String(level)],
    ...to,
  });
  await job.sink.put(basePart, bytes);
  const at = textOf(await session.ask(`SELECT json_build_object('now', now())`), 'now');
  const rows = seen(before, { after: await look(baseGlance), glance: baseGlance });
  // WAL goes on where it ended, over the copies of the whole server: each moment lies in some copy.
  const last =
    wal.after ??
    (server.current === undefined ? undefined : segmentFrom(server.current, -1, server.segmentBytes));
  const follows = job.settings.slot === undefined || last === undefined ? {} : { wal: last };
  const baseAt = new Date(at).toISOString();
  return described({ job, server, rows, at: baseAt, facts: { kind: 'base', baseAt, ...follows } });
}

/** The WAL since the copy before. */
export async function dumpWal({ job, to, server, wal, markedAt, look, before }: Dumping): Promise<Dumped> {
  const { segments = [] } = wal;
  const { previous } = job;
  // The last segment has just ended.
  const after = await look(walGlance);
  const rows = before === undefined ? undefined : seen(before, { after, glance: walGlance });
  for (const [index, name] of segments.entries()) {
    job.progress(`Copying WAL ${name} (${index + 1} of ${segments.length})`);
    const read = streamOf(job, {
      argv: [
        'psql',
        ...copyOptions,
        `COPY (SELECT pg_read_binary_file('pg_wal/${name}')) TO STDOUT (FORMAT binary)`,
      ],
      ...to,
    });
    await job.sink.put(`${name}${walSuffix}`, through(createGzip({ level }), copiedField(read)));
  }
  const { baseAt = '' } = previous?.source ?? {};
  const last = segments.at(-1) ?? '';
  const dumped = described({
    job,
    server,
    rows,
    at: new Date(markedAt).toISOString(),
    facts: { kind: 'wal', baseAt, wal: last },
  });
  return {
    ...dumped,
    needs: [...(previous?.needs ?? []), ...(previous === undefined ? [] : [previous.copy])],
  };
}

function seen(
  before: RowsSeen,
  { after, glance }: { after: RowsSeen; glance: Glance },
): { items: ContentItem[]; left: number } {
  return {
    items: rowsBetween(before, { after, glance }),
    left: Math.max(before.left, after.left),
  };
}

function described(of: {
  job: PhysicalJob;
  server: Server;
  rows: ReturnType<typeof seen> | undefined;
  at: string;
  facts: Record<string, string>;
}): Dumped {
  const { settings, name, runner } = of.job;
  const { system, superuser, timeline, version } = of.server;
  const { host: server = 'its socket' } = settings;
  return {
    contents: {
      how: 'marker',
      at: of.at,
      items: [...databaseItems(of.server.databases), ...(of.rows?.items ?? [])],
      ...(of.rows === undefined || of.rows.left === 0 ? {} : { left: of.rows.left }),
      ...(settings.marker === false ? {} : { marker: name.copy }),
    },
    source: { ...of.facts, system, superuser, timeline, server, where: runner.where },
    tools: { postgres: version },
  };
}
