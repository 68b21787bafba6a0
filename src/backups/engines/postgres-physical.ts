import { postgresVariables } from '../../clients/postgres/connection.ts';
import type { Contents } from '../../core/copy.ts';
import type { Dumped, Engine, InspectJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { databaseItems, type PostgresPhysicalSettings } from './physical-copy.ts';
import { dumpBase, dumpWal, walGlance } from './physical-dump.ts';
import { recoverPostgres } from './physical-recovery.ts';
import { askServer, writeMarker } from './physical-source.ts';
import { askPostgres, findPostgres, ownedBy, type ScratchPostgres, words } from './postgres-server.ts';
import { PsqlSession } from './psql-session.ts';
import { restoredRows } from './restored-rows.ts';
import { type Glance, seeRows } from './source-rows.ts';
import { nextWal } from './wal-since.ts';

// A copy is either a whole server by pg_basebackup, with the WAL that makes it consistent, or the WAL since the copy
// before it. A replication slot holds WAL back on the server until it lies in a finished copy: it is moved on by the run
// after the one that stored it, by what the destination's newest manifest says. So a run that dies loses nothing, and no
// run needs a disk: segments are read by SQL and go on while they come.

/** To write a last checkpoint. */
const stopMs = 60_000;

export const postgresPhysical: Engine<PostgresPhysicalSettings, ScratchPostgres> = {
  name: 'postgres-physical',
  programs: {
    dump: ['pg_basebackup', 'psql'],
    restore: ['postgres', 'pg_ctl', 'pg_verifybackup', 'tar', 'psql'],
  },

  async dump(job): Promise<Dumped> {
    const to = postgresVariables(job.settings, job.secrets);
    const session = await PsqlSession.open(job.runner, {
      ...to,
      signal: job.signal,
      deadlineMs: job.deadlineMs,
    });
    try {
      session.tell('SET search_path = pg_catalog; SET standard_conforming_strings = on;');
      const server = await askServer(session, job);
      const markedAt = await writeMarker(session, job);
      const look = (glance: Glance) => seeRows(job, { to, databases: server.databases, glance });
      const before = job.settings.slot === undefined ? undefined : await look(walGlance);
      const wal = await nextWal(session, { job, server });
      const dumping = { job, to, session, server, wal, markedAt, look, before };
      const dumped = await (wal.segments === undefined ? dumpBase(dumping) : dumpWal(dumping));
      await session.end();
      return dumped;
    } catch (error) {
      await session.leave();
      throw error;
    }
  },

  async scratch(job: ScratchJob<PostgresPhysicalSettings>): Promise<Scratch<ScratchPostgres>> {
    const major = /^\d+/.exec(job.manifest.tools['postgres'] ?? '')?.[0];
    const programs = await findPostgres(job, major === undefined ? undefined : Number(major));
    const target = await ownedBy(job, {
      ...programs,
      folder: job.folder,
      data: `${job.folder}/data`,
      superuser: job.manifest.source['superuser'] ?? 'postgres',
    });
    return {
      target,
      shown: `PostgreSQL ${programs.version} on a socket in a temporary folder`,
      // The call may have been stopped: what was started must end all the same.
      end: async () => {
        const within = { runner: job.runner, signal: new AbortController().signal, deadlineMs: stopMs };
        const argv = words(target, 'pg_ctl', '-D', target.data, '-m', 'fast', '-s', 'stop');
        await outputOf(within, { argv, folder: target.folder }).catch(() => undefined);
      },
    };
  },

  restore: recoverPostgres,

  // Nothing is called here that the copy could have another meaning for: its catalogue is whatever its superusers made it.
  async inspect(job: InspectJob<ScratchPostgres>): Promise<Contents> {
    const ask = async (sql: string): Promise<string[]> => {
      const said = await askPostgres(job, job.target, { database: 'postgres', sql: `${plainTimes} ${sql};` });
      return said.split('\n').filter(line => line !== '');
    };
    const [at] = await ask('SELECT pg_catalog.pg_last_xact_replay_timestamp()');
    const { databases, items } = await restoredRows(job);
    const settings = await ask('SELECT setconfig FROM pg_catalog.pg_db_role_setting');
    const markers = settings.flatMap(each =>
      [...each.matchAll(markerPattern)].map(([, marker = '']) => marker),
    );
    const marker = markers.find(each => each === job.expected.marker) ?? markers.toSorted().at(-1);
    return {
      how: 'marker',
      at:
        at === undefined
          ? job.expected.at
          : new Date(at.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString(),
      items: [...databaseItems(databases), ...items],
      ...(marker === undefined ? {} : { marker }),
    };
  },
};

const plainTimes = "SET DateStyle = ISO; SET TimeZone = 'UTC';";

const markerPattern = /application_name=vigie ([0-9A-Za-z-]+)/gu;
