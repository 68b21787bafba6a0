import { VigieError } from '../../core/errors.ts';
import { isObject, textOf } from '../../core/json.ts';
import { compareContents } from '../compare-contents.ts';
import type { Place, PlaceJob, Standing } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { type PostgresSettings, type PostgresVariables, postgresVariables } from './postgres-connection.ts';
import { plainSpelling, readContents } from './postgres-contents.ts';
import { PsqlSession } from './psql-session.ts';

/** Of tables that would be put aside: a person reads the largest. */
const tablesTold = 20;

/** What every server has, and nobody renames. */
const maintenance = 'postgres';

/**
 * A restore into a database of the server that the set leads to. It goes into one of its own name, and gets the wanted name
 * when it is whole: what stood there is renamed in the same transaction and stays until a person drops it.
 */
export function databasePlace(job: PlaceJob<PostgresSettings>): Place<PostgresVariables> {
  const { into, settings, secrets, manifest } = job;
  if (!/^[A-Za-z_][A-Za-z0-9_$-]{0,40}$/.test(into) || ['postgres', 'template0', 'template1'].includes(into))
    throw new VigieError('INVALID_INPUT', `${into.slice(0, 60)} is no name for a restored database.`, {
      details: { issues: [{ field: 'into', message: 'must be a plain name of at most 41 characters' }] },
    });
  const draft = `vigie_new_${job.drawn}`;
  const variables = (database: string): PostgresVariables => {
    const to = postgresVariables(settings, secrets);
    return { ...to, env: { ...to.env, PGDATABASE: database } };
  };
  const ask = (sql: string): Promise<string> =>
    outputOf(job, {
      argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
      stdin: bytesOf(sql),
      ...variables(maintenance),
    });
  return {
    shown: `database ${into} on ${settings.host ?? 'the server'}`,
    async look(): Promise<Standing | undefined> {
      const said = await ask(`SELECT json_build_object('size', pg_size_pretty(pg_database_size(oid)),
        'mark', shobj_description(oid, 'pg_database'),
        'sessions', (SELECT count(*)::text FROM pg_stat_activity a WHERE a.datid = d.oid))
        FROM pg_database d WHERE datname = ${literal(into)}`);
      if (said.trim() === '') return undefined;
      const found: unknown = JSON.parse(said);
      if (!isObject(found)) return undefined;
      const mark = textOf(found, 'mark');
      const told = [
        `database ${into}: ${textOf(found, 'size')}, ${textOf(found, 'sessions')} sessions are connected`,
        ...(await tablesOf(job, variables(into))),
      ];
      return { told, ...(mark === '' ? {} : { mark }) };
    },
    async make() {
      await ask(`CREATE DATABASE ${name(draft)} TEMPLATE template0`);
      const target = variables(draft);
      return { target, shown: `database ${draft}`, end: async () => undefined };
    },
    async settle({ mark, aside }) {
      await ask(`COMMENT ON DATABASE ${name(draft)} IS ${literal(mark)}`);
      await rename(ask, [...(aside === undefined ? [] : [[into, aside] as const]), [draft, into]]);
    },
    async leave() {
      await ask(`DROP DATABASE IF EXISTS ${name(draft)}`).catch(() => undefined);
    },
    async touched() {
      const session = await PsqlSession.open(job.runner, {
        ...variables(into),
        signal: job.signal,
        deadlineMs: job.deadlineMs,
      });
      session.tell(plainSpelling);
      const found = await readContents(session, {});
      await session.end();
      const wrong = compareContents(manifest.contents, found).find(({ passed }) => !passed);
      return wrong === undefined ? undefined : `${wrong.what} is other than it was restored`;
    },
    async drop({ aside }) {
      if (aside === undefined) {
        await ask(`DROP DATABASE ${name(into)}`);
        return;
      }
      await rename(ask, [
        [into, draft],
        [aside, into],
      ]);
      await ask(`DROP DATABASE ${name(draft)}`);
    },
  };
}

/** All of them or none. Who is connected to the first is cut off: PostgreSQL renames no database that is in use. */
async function rename(
  ask: (sql: string) => Promise<string>,
  steps: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  const [[first] = ['']] = steps;
  await ask(`ALTER DATABASE ${name(first)} ALLOW_CONNECTIONS false`);
  try {
    await ask(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ${literal(first)} \\g /dev/null
      BEGIN;
      ${steps.map(([from, to]) => `ALTER DATABASE ${name(from)} RENAME TO ${name(to)};`).join('\n')}
      COMMIT;`);
  } catch (error) {
    await ask(`ALTER DATABASE ${name(first)} ALLOW_CONNECTIONS true`);
    throw error;
  }
  await ask(`ALTER DATABASE ${name(steps[0]?.[1] ?? first)} ALLOW_CONNECTIONS true`);
}

async function tablesOf(job: PlaceJob<PostgresSettings>, to: PostgresVariables): Promise<string[]> {
  const said = await outputOf(job, {
    argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
    stdin: bytesOf(`SELECT format('%I.%I', schemaname, relname) || ' about ' || n_live_tup || ' rows'
      FROM pg_stat_user_tables ORDER BY n_live_tup DESC, 1 LIMIT ${tablesTold}`),
    ...to,
  });
  return said.split('\n').filter(line => line !== '');
}

function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
