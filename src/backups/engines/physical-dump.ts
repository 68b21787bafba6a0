import { createGzip } from 'node:zlib';
import type { PostgresVariables } from '../../clients/postgres/connection.ts';
import { textOf } from '../../core/json.ts';
import type { Dumped } from '../engine.ts';
import { streamOf } from '../programs.ts';
import { copiedField } from './copied-field.ts';
import { through } from './gzip-through.ts';
import { basePart, databaseItems, type PhysicalJob, walSuffix } from './physical-copy.ts';
import type { Server } from './physical-source.ts';
import type { PsqlSession } from './psql-session.ts';
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
}

/** The whole server, with the WAL that makes it consistent. */
export async function dumpBase({ job, to, session, server, wal }: Dumping): Promise<Dumped> {
  job.progress('Copying the whole server');
  const bytes = streamOf(job, {
    // WAL that the copy needs comes at its end; a second connection that streams it cannot go to stdout.
    argv: ['pg_basebackup', ...baseOptions, '-Z', String(level)],
    ...to,
  });
  await job.sink.put(basePart, bytes);
  const at = textOf(await session.ask(`SELECT json_build_object('now', now())`), 'now');
  // WAL goes on where it ended, over the copies of the whole server: each moment lies in some copy.
  const last =
    wal.after ??
    (server.current === undefined ? undefined : segmentFrom(server.current, -1, server.segmentBytes));
  const follows = job.settings.slot === undefined || last === undefined ? {} : { wal: last };
  const baseAt = new Date(at).toISOString();
  return described({ job, server, at: baseAt, facts: { kind: 'base', baseAt, ...follows } });
}

/** The WAL since the copy before. */
export async function dumpWal({ job, to, server, wal, markedAt }: Dumping): Promise<Dumped> {
  const { segments = [] } = wal;
  const { previous } = job;
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
    at: new Date(markedAt).toISOString(),
    facts: { kind: 'wal', baseAt, wal: last },
  });
  return {
    ...dumped,
    needs: [...(previous?.needs ?? []), ...(previous === undefined ? [] : [previous.copy])],
  };
}

function described(of: {
  job: PhysicalJob;
  server: Server;
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
      items: databaseItems(of.server.databases),
      ...(settings.marker === false ? {} : { marker: name.copy }),
    },
    source: { ...of.facts, system, superuser, timeline, server, where: runner.where },
    tools: { postgres: version },
  };
}
