import { type PostgresSettings, postgresVariables } from '../../clients/postgres/connection.ts';
import type { PlaceJob } from '../engine.ts';
import { outputOf } from '../programs.ts';

/** What a person should know of the role that restores: what a dump holds runs with its rights. */
export async function cautionsOf(job: PlaceJob<PostgresSettings>): Promise<string[]> {
  const to = postgresVariables(job.settings, job.secrets);
  const sql = 'SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user';
  const said = await outputOf(job, {
    argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-c', sql],
    ...to,
    // The place itself may not be there yet.
    env: { ...to.env, PGDATABASE: 'postgres' },
  });
  if (said.trim() !== 't') return [];
  return [
    'The user of this set is a superuser: functions that the copy holds run as it while they are restored, whoever wrote them, and may run programs on the database server.',
  ];
}
