import {
  type PostgresSettings,
  type PostgresVariables,
  postgresVariables,
} from '../../clients/postgres/connection.ts';
import { textOf } from '../../core/json.ts';
import type { Dumped, DumpJob, Engine, EngineJob, InspectJob, RestoreJob } from '../engine.ts';
import { outputOf, streamOf } from '../programs.ts';
import { wholeDump } from './dump-end.ts';
import { leftOutOf } from './left-out.ts';
import { cautionsOf } from './postgres-cautions.ts';
import { plainSpelling, readContents } from './postgres-contents.ts';
import { databasePlace } from './postgres-place.ts';
import { startDatabaseScratch } from './postgres-scratch.ts';
import { PsqlSession } from './psql-session.ts';

const dumpPart = 'database.dump';
const versionMs = 30_000;

/**
 * One database by pg_dump. A psql session holds a snapshot open and exports it; pg_dump dumps that snapshot, and counts
 * and hashes are read in it, so that they are those of the copy whatever others write meanwhile.
 */
export const postgresDump: Engine<PostgresSettings, PostgresVariables> = {
  name: 'postgres',
  programs: {
    dump: ['pg_dump', 'psql'],
    restore: ['initdb', 'postgres', 'pg_restore', 'psql'],
    place: ['pg_restore', 'psql'],
  },

  async dump(job): Promise<Dumped> {
    const to = postgresVariables(job.settings, job.secrets);
    const client = await versionOf('pg_dump', job);
    const session = await PsqlSession.open(job.runner, { ...to, ...endsOf(job) });
    try {
      session.tell(plainSpelling);
      session.tell('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;');
      const held = await session.ask(`SELECT json_build_object('snapshot', pg_export_snapshot(),
        'version', current_setting('server_version'), 'database', current_database(), 'user', current_user,
        'server', coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'its socket'))`);
      job.progress(`Dumping ${textOf(held, 'database')}`);
      // Large objects too. Owners and grants are in it; whoever restores decides about them.
      const snapshot = `--snapshot=${textOf(held, 'snapshot')}`;
      const dump = streamOf(job, {
        argv: ['pg_dump', '-Fc', '-w', '--lock-wait-timeout=60000', snapshot],
        ...to,
      });
      await job.sink.put(dumpPart, wholeDump(dump));
      const contents = await readContents(session, job);
      session.tell('COMMIT;');
      await session.end();
      return {
        contents,
        source: {
          database: textOf(held, 'database'),
          server: textOf(held, 'server'),
          user: textOf(held, 'user'),
          where: job.runner.where,
        },
        tools: { pg_dump: client, postgres: textOf(held, 'version') },
      };
    } catch (error) {
      await session.leave();
      throw error;
    }
  },

  scratch: startDatabaseScratch,

  place: databasePlace,

  cautions: cautionsOf,

  async restore(job: RestoreJob<PostgresVariables>): Promise<void> {
    const { target, leftOut } = job;
    const database = target.env['PGDATABASE'] ?? '';
    // The roles of the source are not there; what belongs to whom is no part of the data.
    const common = ['-w', '--no-owner', '--no-privileges', '-d', database];
    const stdin = job.copy.open(dumpPart);
    if (leftOut === undefined) {
      await outputOf(job, { argv: ['pg_restore', '--exit-on-error', ...common], stdin, ...target });
      return;
    }
    await outputOf(job, {
      argv: ['pg_restore', '--no-comments', ...common],
      stdin,
      ...target,
      env: { ...target.env, LC_ALL: 'C' },
      accepts(ended) {
        const left = leftOutOf(ended);
        for (const each of left ?? []) leftOut(each);
        return left !== undefined;
      },
    });
  },

  async inspect(job: InspectJob<PostgresVariables>) {
    const session = await PsqlSession.open(job.runner, { ...job.target, ...endsOf(job) });
    try {
      session.tell(plainSpelling);
      session.tell('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;');
      const contents = await readContents(session, job);
      session.tell('COMMIT;');
      await session.end();
      return contents;
    } catch (error) {
      await session.leave();
      throw error;
    }
  },
};

function endsOf({ signal, deadlineMs }: EngineJob): { signal: AbortSignal; deadlineMs: number } {
  return { signal, deadlineMs };
}

async function versionOf(program: string, { runner, signal }: DumpJob<PostgresSettings>): Promise<string> {
  const said = await outputOf({ runner, signal, deadlineMs: versionMs }, { argv: [program, '--version'] });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? 'unknown';
}
