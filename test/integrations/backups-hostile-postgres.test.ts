import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDrill } from '../../src/backups/drill.ts';
import type { Engine } from '../../src/backups/engine.ts';
import { postgresDump } from '../../src/backups/engines/postgres-dump.ts';
import { postgresPhysical } from '../../src/backups/engines/postgres-physical.ts';
import { makeCopy } from '../../src/backups/make-copy.ts';
import { openCopy } from '../../src/backups/open-copy.ts';
import { watchCopy } from '../../src/backups/watched-copy.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import { newCopyId } from '../../src/core/copy.ts';
import { localRunner } from '../../src/processes/local-runner.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

const signal = new AbortController().signal;
const base = { signal, deadlineMs: 60_000, runner: localRunner, progress: () => undefined };
let server: RealPostgres;
let root: string;
let scratch: string;

/** What an attacker's program leaves behind. */
const caught = () => join(scratch, 'caught');

interface Role {
  user: string;
  password: string;
}

function from(database: string, role: Role = server) {
  return {
    settings: { database, host: server.host, port: server.port, user: role.user },
    secrets: { password: role.password },
  };
}

async function copyOf(database: string, role?: Role, engine: Engine = postgresDump) {
  const manifest = await makeCopy({
    ...base,
    ...from(database, role),
    engine,
    writer: new DirectoryWriter({ name: 'disk', root }),
    name: { set: database, copy: newCopyId(new Date()) },
    encrypt: { how: 'none' },
    beforeWrite: async () => undefined,
    now: () => new Date(),
  });
  const reader = new DirectoryReader({ name: 'disk', root });
  const copy = watchCopy(await openCopy(reader, { ...manifest, unseal: undefined }));
  const drill = () =>
    runDrill({
      ...base,
      engine,
      settings: { database },
      copy,
      base: scratch,
      now: () => new Date(),
    });
  return { manifest, drill };
}

/** A role that may do nothing special, with a database of its own. */
function plainRole(database: string): Role {
  server.sql(`CREATE ROLE ${database} LOGIN PASSWORD 'plain-Role-17'`);
  server.sql(`CREATE DATABASE ${database} OWNER ${database}`);
  return { user: database, password: 'plain-Role-17' };
}

/** An index whose function runs `deed` wherever it runs as a superuser. */
function traps(deed: string): string {
  return `CREATE FUNCTION g() RETURNS integer LANGUAGE plpgsql AS $g$ BEGIN
      IF current_setting('is_superuser') = 'on' THEN ${deed} END IF; RETURN 1; END $g$;
    CREATE FUNCTION f(i integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN
      PERFORM public.g(); RETURN i; END $f$;
    CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (2);
    CREATE INDEX ON t (f(a));`;
}

function asRole(role: Role, sql: string): void {
  server.sql(`SET SESSION AUTHORIZATION ${role.user}; ${sql}`, role.user);
}

describe.skipIf(postgresPrograms() === undefined)(`a hostile PostgreSQL${unlessNoPostgres()}`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    root = mkdtempSync(join(tmpdir(), 'copies-'));
    scratch = mkdtempSync(join(tmpdir(), 'sc-'));
    // The server is not run as root, and an attacker's program must be able to write what gives it away.
    chmodSync(scratch, 0o777);
  });
  afterAll(() => {
    server.close();
    for (const folder of [root, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  test('functions that a dump holds run as no superuser in a drill, and start no program', async () => {
    const role = plainRole('program');
    asRole(role, traps(`EXECUTE $q$ COPY (SELECT 1) TO PROGRAM 'id > ${caught()}' $q$;`));
    const report = await (await copyOf('program', role)).drill();
    expect(report.passed).toBe(true);
    expect(existsSync(caught())).toBe(false);
  });

  test('a drill cannot be made to speak another pg_catalog to the psql that looks', async () => {
    const role = plainRole('chain');
    asRole(
      role,
      traps(`PERFORM set_config('allow_system_table_mods', 'on', false);
        EXECUTE $q$ CREATE FUNCTION pg_catalog.format(text, name, name) RETURNS text LANGUAGE sql IMMUTABLE
          AS $z$ SELECT E'public.t\\n\\\\! id > ${caught()}\\n' $z$ $q$;`),
    );
    const report = await (await copyOf('chain', role)).drill();
    expect(report.passed).toBe(true);
    expect(existsSync(caught())).toBe(false);
  });

  test('names that a server answers are never read as commands of psql', async () => {
    server.sql('CREATE DATABASE lies');
    server.sql(
      `SET allow_system_table_mods = on; CREATE TABLE t (a integer); INSERT INTO t VALUES (1);
       CREATE FUNCTION pg_catalog.format(text, name, name) RETURNS text LANGUAGE sql IMMUTABLE
         AS $z$ SELECT E'public.t\\n\\\\! id > ${caught()}\\n' $z$;`,
      'lies',
    );
    const { manifest, drill } = await copyOf('lies');
    expect(manifest.contents.items.map(({ count }) => count)).toEqual([1]);
    // Its own name for the table is a lie, so what is restored cannot be what it said.
    expect(await drill()).toMatchObject({ passed: false });
    expect(existsSync(caught())).toBe(false);
  });

  test('tables with line breaks, quotes and backslashes in their names are counted, restored and compared', async () => {
    server.sql('CREATE DATABASE odd');
    const names = ['a\n\\! id', 'b"; --', "c'\\", 'd!"\r\n\\q', '\\', ":'x'", '\u0001é'];
    const quoted = names.map(name => `"${name.replaceAll('"', '""')}"`);
    for (const [index, name] of quoted.entries())
      server.sql(
        `CREATE SCHEMA ${name}; CREATE TABLE ${name}.${name} AS SELECT generate_series(0, ${index})`,
        'odd',
      );
    const { manifest, drill } = await copyOf('odd');
    expect(manifest.contents.items.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7,
    ]);
    expect(await drill()).toMatchObject({ passed: true });
  });

  test('the cast that the owner of a table made is not run by whoever counts its rows', async () => {
    const role = plainRole('casts');
    asRole(
      role,
      `CREATE TABLE t (a integer, t text); INSERT INTO t VALUES (1, 'x');
       CREATE FUNCTION told(t) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'the cast ran'; END $f$;
       CREATE CAST (t AS text) WITH FUNCTION told(t);`,
    );
    const before = await copyOf('casts');
    expect(await before.drill()).toMatchObject({ passed: true });
    asRole(role, 'UPDATE t SET a = 2');
    const after = await copyOf('casts');
    expect(after.manifest.contents.items[0]?.hash).not.toBe(before.manifest.contents.items[0]?.hash);
  });

  test('what only a superuser may make is left out and said, and every row is compared all the same', async () => {
    server.sql('CREATE DATABASE extended');
    server.sql(
      `CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_trgm; CREATE TABLE t (a text); INSERT INTO t VALUES ('x');
       CREATE INDEX ON t USING gin (a gin_trgm_ops); COMMENT ON EXTENSION pg_trgm IS 'mine'; ALTER TABLE t FORCE ROW LEVEL SECURITY;
       ALTER TABLE t ENABLE ROW LEVEL SECURITY;
       CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
       CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION e();`,
      'extended',
    );
    const report = await (await copyOf('extended')).drill();
    expect(report.checks).toContainEqual({
      what: 'restored but for what a scratch place may not make, which is not proven',
      passed: true,
      found: expect.stringMatching(
        /^left out: CREATE EXTENSION .*pg_stat_statements.*; CREATE EVENT TRIGGER watch /,
      ),
    });
    expect(report.passed).toBe(true);
  });

  test('a drill says when the copy was read, not what time it is where it is looked at', async () => {
    server.sql('CREATE DATABASE clock');
    server.sql('CREATE TABLE t (a integer)', 'clock');
    const { manifest, drill } = await copyOf('clock');
    expect((await drill()).dataUntil).toBe(manifest.contents.at);
  });

  test('a copied server loads no library of its own, and runs no function of its own, when it is looked at', async () => {
    const password = 'other-Root-17';
    server.sql(`CREATE ROLE other_root SUPERUSER LOGIN REPLICATION PASSWORD '${password}'`);
    server.sql(`CREATE FUNCTION pg_catalog.json_build_object(text, timestamptz, text, json, text, json) RETURNS json
      LANGUAGE plpgsql AS $z$ BEGIN COPY (SELECT 1) TO PROGRAM 'id > ${caught()}'; RETURN '{}'; END $z$`);
    // As whom a restored server is looked at; nobody gets in by that name any more but past this setting.
    server.sql("ALTER ROLE postgres SET session_preload_libraries TO 'absent_library'");
    const report = await (
      await copyOf('postgres', { user: 'other_root', password }, postgresPhysical)
    ).drill();
    expect(report.passed).toBe(true);
    expect(existsSync(caught())).toBe(false);
  });
});
