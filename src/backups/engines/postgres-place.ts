import {
  type PostgresSettings,
  type PostgresVariables,
  postgresVariables,
} from '../../clients/postgres/connection.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, memberOf, objectsIn, textOf } from '../../core/json.ts';
import { compareContents } from '../compare-contents.ts';
import type { Place, PlaceJob, Standing } from '../engine.ts';
import { outputOf, type Within } from '../programs.ts';
import { plainSpelling, readContents } from './postgres-contents.ts';
import { PsqlSession } from './psql-session.ts';
import { schemaPrint } from './schema-print.ts';

/** Of tables that would be put aside: a person reads the largest. */
const tablesTold = 20;

/** What every server has, and nobody renames. */
const maintenance = 'postgres';

/**
 * For one statement that tidies up or gives a name: it goes on after a person has stopped the restore, since half of it
 * would be worse, so it has a bound of its own.
 */
const ownWaitMs = 30_000;

/** Each waits five seconds for sessions to end (PostgreSQL's own bound), while those that came in are ended again. */
const swapTries = 3;

/** How a database is called until it is whole. */
const draftStart = 'vigie_new_';
const draftPattern = /^vigie_new_[0-9a-z]{1,16}$/;

/** Stands between whose a database is and how it was when it got its name. */
const asIt = '; as ';

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
  const draft = draftStart + job.drawn;
  const variables = (database: string): PostgresVariables => {
    const to = postgresVariables(settings, secrets);
    return { ...to, env: { ...to.env, PGDATABASE: database } };
  };
  const askWithin = (within: Within, sql: string) =>
    outputOf(within, {
      argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
      stdin: bytesOf(sql),
      ...variables(maintenance),
    });
  const ask = (sql: string): Promise<string> => askWithin(job, sql);
  const askAnyway = (sql: string, signal = new AbortController().signal): Promise<string> =>
    askWithin({ runner: job.runner, signal, deadlineMs: ownWaitMs }, sql);
  const swap = (renames: Renames): Promise<void> => swapNames(renames, { askAnyway, signal: job.signal });
  const printOf = async (database: string): Promise<string> => {
    const session = await PsqlSession.open(job.runner, {
      ...variables(database),
      signal: job.signal,
      deadlineMs: job.deadlineMs,
    });
    try {
      session.tell(plainSpelling);
      return await schemaPrint(session);
    } finally {
      await session.leave();
    }
  };
  const { env } = variables(into);
  let fingerprint: string | undefined;
  return {
    shown: `database ${into} on ${env['PGHOST'] ?? 'the server'}${env['PGPORT'] === undefined ? '' : `:${env['PGPORT']}`}`,
    async look(): Promise<Standing | undefined> {
      const said = await ask(`SELECT json_build_object('size', pg_size_pretty(pg_database_size(oid)),
        'mark', shobj_description(oid, 'pg_database'),
        'sessions', (SELECT count(*)::text FROM pg_stat_activity a WHERE a.datid = d.oid))
        FROM pg_database d WHERE datname = ${literal(into)}`);
      if (said.trim() === '') return undefined;
      const found: unknown = JSON.parse(said);
      if (!isObject(found)) return undefined;
      const [mark = '', print] = textOf(found, 'mark').split(asIt);
      fingerprint = print;
      const told = [
        `database ${into}: ${textOf(found, 'size')}, ${textOf(found, 'sessions')} sessions are connected`,
        ...(await tablesOf(job, variables(into))),
      ];
      return { told, ...(mark === '' ? {} : { mark }) };
    },
    async make() {
      await ask(`CREATE DATABASE ${name(draft)} TEMPLATE template0`);
      const { set, copy } = manifest;
      await ask(
        `COMMENT ON DATABASE ${name(draft)} IS ${literal(`${begun(job.drawn)} from copy ${copy} of ${set}`)}`,
      );
      const target = variables(draft);
      return { target, shown: `database ${draft}`, end: async () => undefined };
    },
    async settle({ mark, aside }) {
      const print = await printOf(draft);
      await ask(`COMMENT ON DATABASE ${name(draft)} IS ${literal(`${mark}${asIt}${print}`)}`);
      await swap([...(aside === undefined ? [] : [[into, aside] as const]), [draft, into]]);
    },
    async unfinished() {
      const said =
        await ask(`SELECT json_build_object('left', (SELECT coalesce(json_agg(json_build_object('name', datname,
        'mark', coalesce(shobj_description(oid, 'pg_database'), '')) ORDER BY datname), '[]') FROM pg_database d
        WHERE left(datname, ${draftStart.length}) = ${literal(draftStart)}
        AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)))`);
      return objectsIn(memberOf({ said: JSON.parse(said) }, 'said')?.['left']).flatMap(each => {
        const database = textOf(each, 'name');
        if (database === draft || !draftPattern.test(database)) return [];
        const mark = textOf(each, 'mark');
        // Of one that was killed before it could note anything the name alone tells.
        if (mark !== '' && !mark.split(asIt, 1).join('').endsWith(` of ${manifest.set}`)) return [];
        return [
          `Database ${database} was left by a restore that did not end, or one that runs just now; when none does: DROP DATABASE "${database}"`,
        ];
      });
    },
    async leave() {
      // What restored may still be there when it was stopped.
      return askAnyway(`${ending(draft)}\nDROP DATABASE IF EXISTS ${name(draft)}`).then(
        () => undefined,
        () => `database ${draft}, which was not finished, may lie there still: DROP DATABASE "${draft}"`,
      );
    },
    async touched() {
      if (fingerprint !== undefined && fingerprint !== (await printOf(into)))
        return 'its tables, views, functions, sequences or rights are not as they were restored';
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
      await swap([
        [into, draft],
        [aside, into],
      ]);
      await askAnyway(`DROP DATABASE ${name(draft)}`);
    },
  };
}

/** What a database is noted as while it is restored. */
function begun(drawn: string): string {
  return `begun by Vigie (${drawn})`;
}

type Renames = readonly (readonly [from: string, to: string])[];

/**
 * All of them or none, in one transaction, and nothing is closed for it: whatever ends meanwhile, the database is open under
 * one name or the other. While the server waits for sessions to end it lets no new one in, so they are ended from beside it.
 * @throws VigieError CANCELLED, BACKUP: everything is as it was
 */
async function swapNames(
  renames: Renames,
  {
    askAnyway,
    signal,
  }: { askAnyway: (sql: string, until?: AbortSignal) => Promise<string>; signal: AbortSignal },
): Promise<void> {
  const first = renames[0]?.[0] ?? '';
  const last = renames.at(-1)?.[0] ?? '';
  const statements = renames.map(([from, to]) => `ALTER DATABASE ${name(from)} RENAME TO ${name(to)};`);
  // A name that is taken would be taken again; only who is connected goes away.
  const all = `BEGIN;\nSET LOCAL lock_timeout = '10s';\n${statements.join('\n')}\nCOMMIT;`;
  let trouble: unknown;
  for (let tries = 0; tries < swapTries; tries += 1) {
    if (signal.aborted) break;
    const answered = new AbortController();
    const [swapped] = await Promise.allSettled([
      askAnyway(`${ending(first)}\n${all}`).finally(() => answered.abort()),
      askAnyway(endingForAWhile(first), answered.signal),
    ]);
    if (swapped.status === 'fulfilled') return;
    trouble = swapped.reason;
    // Its answer may have been lost: the last step tells.
    const there = await askAnyway(`SELECT 1 FROM pg_database WHERE datname = ${literal(last)}`);
    if (there.trim() === '') return;
  }
  const stands = `Nothing was renamed: database ${first} is open, and as it was.`;
  if (signal.aborted) throw new VigieError('CANCELLED', `The restore was stopped. ${stands}`);
  throw new VigieError('BACKUP', `${stands} Its sessions did not end, or its name could not be given away.`, {
    hint: 'End what is connected to it, then ask again.',
    cause: trouble,
  });
}

/** Who is connected to it is cut off: PostgreSQL renames and drops no database that is in use. */
function ending(database: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)}
    AND pid <> pg_backend_pid() \\g /dev/null`;
}

/** The same once a second, for as long as the server waits for a rename. */
function endingForAWhile(database: string): string {
  return `${ending(database)}\n${`SELECT pg_sleep(1) \\g /dev/null\n${ending(database)}\n`.repeat(4)}`;
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
