import type { PostgresSettings, PostgresVariables } from '../../clients/postgres/connection.ts';
import type { Scratch, ScratchJob } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { startEmptyPostgres, words } from './postgres-server.ts';

const database = 'vigie_scratch';

/**
 * Who owns the database and restores into it. What a dump holds runs while it is restored (functions of indexes, defaults,
 * checks), so this role may do nothing beyond its database: no program, no file, no other role. It reads past row security,
 * as the dump did.
 */
const role = 'vigie_scratch';
const stopMs = 30_000;

/** An empty database on a server of the source's own major version, in the folder, on a socket and no port. */
export async function startDatabaseScratch(
  job: ScratchJob<PostgresSettings>,
): Promise<Scratch<PostgresVariables>> {
  const { folder } = job;
  const major = Number(/^\d+/.exec(job.manifest.tools['postgres'] ?? '')?.[0] ?? Number.NaN);
  const server = await startEmptyPostgres(job, { folder, ...(Number.isNaN(major) ? {} : { major }) });
  const env = { PGHOST: folder, PGUSER: server.superuser };
  const end = async (): Promise<void> => {
    // The call may have been stopped: what was started must end all the same.
    const within = { runner: job.runner, signal: new AbortController().signal, deadlineMs: stopMs };
    const argv = words(server, 'pg_ctl', '-D', server.data, '-m', 'immediate', '-s', 'stop');
    await outputOf(within, { argv, folder }).catch(() => undefined);
  };
  try {
    const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS';
    for (const statement of [
      `CREATE ROLE ${role} ${rights}`,
      `CREATE DATABASE ${database} OWNER ${role} TEMPLATE template0`,
    ])
      await outputOf(job, {
        argv: ['psql', '-X', '-q', '-w', '-c', statement],
        env: { ...env, PGDATABASE: 'postgres' },
      });
  } catch (error) {
    await end();
    throw error;
  }
  return {
    target: { env: { ...env, PGUSER: role, PGDATABASE: database }, secrets: {} },
    shown: `PostgreSQL ${server.version} on a socket in a temporary folder`,
    end,
  };
}
