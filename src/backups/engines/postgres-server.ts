import { VigieError } from '../../core/errors.ts';
import { isPlainPath, plainPathRule } from '../../core/plain-path.ts';
import type { EngineJob } from '../engine.ts';
import { outputOf } from '../programs.ts';

// PostgreSQL refuses to run as root, and Debian keeps its server programs off PATH. Both are found out on the machine
// itself, by one shell.

/** The server programs of one major version where commands run, and how to start them there. */
export interface PostgresPrograms {
  /** Stands before every command: it makes another user of root. */
  as: readonly string[];
  /** The folder of initdb, pg_ctl and postgres. */
  bin: string;
  /** As `postgres --version` has it: `15.18`. */
  version: string;
}

/** A server that nobody reaches but through a socket in its own scratch folder. */
export interface ScratchPostgres extends PostgresPrograms {
  /** The scratch folder; the socket is in it. */
  folder: string;
  /** Its data, below the folder. */
  data: string;
  /** Who may do everything there. */
  superuser: string;
}

type Job = Pick<EngineJob, 'runner' | 'signal' | 'deadlineMs'>;

/** To begin; how long a recovery takes after that, only the step's own deadline bounds. */
const startSeconds = 60;

/**
 * Finds the server programs of that major version; absent: the newest. @throws VigieError NOT_STARTED when there are none,
 * or when root has no other user to run them as
 */
export async function findPostgres(job: Job, major?: number): Promise<PostgresPrograms> {
  const said = await outputOf(job, {
    argv: ['sh', '-c', findScript, 'sh', String(major ?? '')],
  });
  const found = new Map(
    said.split('\n').map(line => [line.split('=', 1)[0] ?? '', line.replace(/^\w+=/, '')]),
  );
  const bin = found.get('bin') ?? '';
  const wanted = `PostgreSQL${major === undefined ? '' : ` ${major}`}`;
  if (bin === '')
    throw new VigieError(
      'NOT_STARTED',
      `No server programs of ${wanted} were found on ${job.runner.where}.`,
      {
        hint: 'Install the server package of that version where the commands of the set run: a copy is proven by starting it.',
      },
    );
  const as = found.get('as') ?? '';
  if (found.get('uid') === '0' && as === '')
    throw new VigieError(
      'NOT_STARTED',
      `PostgreSQL does not run as root, and ${job.runner.where} has no user postgres to run it as.`,
      {
        hint: 'Run Vigie as another user than root, or add a user postgres there.',
      },
    );
  return { as: as === '' ? [] : as.split(' '), bin, version: found.get('version') ?? '' };
}

/** Makes an empty cluster in the folder and starts it. */
export async function startEmptyPostgres(
  job: Job,
  at: { folder: string; major?: number },
): Promise<ScratchPostgres> {
  const programs = await findPostgres(job, at.major);
  const superuser = 'postgres';
  const server = await ownedBy(job, { ...programs, folder: at.folder, data: `${at.folder}/data`, superuser });
  await outputOf(job, {
    argv: words(
      server,
      'initdb',
      '-D',
      server.data,
      '-U',
      superuser,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ),
    folder: server.folder,
  });
  await startPostgres(job, server);
  return server;
}

/** Gives the folder to the user that the server runs as. @throws VigieError BACKUP for a folder that pg_ctl's shell would read otherwise */
export async function ownedBy(job: Job, server: ScratchPostgres): Promise<ScratchPostgres> {
  if (!isPlainPath(server.folder))
    throw new VigieError('BACKUP', `The folder of a scratch PostgreSQL ${plainPathRule}.`, {
      hint: 'Name such a folder under `scratch` of the set.',
    });
  if (server.as.length > 0) await outputOf(job, { argv: ['chown', 'postgres', server.folder] });
  return server;
}

/**
 * Starts a server on its data, without TCP and without durability: a machine that goes down takes the drill along.
 * `more` stands after these and wins; `recovers`: it is ready only when it has replayed what it was given.
 */
export async function startPostgres(
  job: Job,
  server: ScratchPostgres,
  settings: { recovers?: true; more?: readonly string[] } = {},
): Promise<void> {
  const options = [
    'listen_addresses=',
    `unix_socket_directories=${server.folder}`,
    'unix_socket_permissions=0700',
    'fsync=off',
    'full_page_writes=off',
    'max_wal_size=256MB',
    ...(settings.more ?? []),
  ];
  const log = `${server.folder}/server.log`;
  try {
    await outputOf(job, {
      argv: words(
        server,
        'pg_ctl',
        '-D',
        server.data,
        '-w',
        '-s',
        '-t',
        String(startSeconds),
        '-l',
        log,
        '-o',
        options.map(option => `-c ${option}`).join(' '),
        'start',
      ),
      folder: server.folder,
    });
    if (settings.recovers === true)
      await outputOf(job, {
        argv: ['sh', '-c', readyScript, 'sh', server.data],
        env: { ...socketOf(server), PGDATABASE: 'postgres' },
        folder: server.folder,
      });
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'BACKUP') throw error;
    const said = await outputOf(job, { argv: ['tail', '-n', '40', log] });
    const why = said
      .split('\n')
      .filter(line => /\b(?:FATAL|PANIC|ERROR): {2}(?!the database system is )/.test(line));
    throw new VigieError(
      'BACKUP',
      `The restored PostgreSQL does not start: ${(why.at(-1) ?? error.message).slice(0, 400)}`,
      {
        details: { program: 'postgres' },
        cause: error,
      },
    );
  }
}

/** One statement, or several, in a database of a scratch server; columns are set apart by tabs. */
export async function askPostgres(
  job: Job,
  server: ScratchPostgres,
  asked: { database: string; sql: string },
): Promise<string> {
  return outputOf(job, {
    argv: words(
      server,
      'psql',
      '-X',
      '-q',
      '-A',
      '-t',
      '-F',
      '\t',
      '-v',
      'ON_ERROR_STOP=1',
      '-d',
      asked.database,
      '-f',
      '-',
    ),
    env: socketOf(server),
    folder: server.folder,
    stdin: bytesOf(asked.sql),
  });
}

/**
 * How its clients find it. What the source set for its databases and roles holds for nobody here: a library that is loaded,
 * a function that runs at the logon, another pg_catalog.
 */
function socketOf(server: ScratchPostgres): Record<string, string> {
  const settings = [
    'session_preload_libraries=',
    'local_preload_libraries=',
    'search_path=pg_catalog',
    'default_transaction_read_only=on',
    // Before it nothing runs at a logon.
    ...(Number.parseInt(server.version, 10) >= eventTriggersSince ? ['event_triggers=off'] : []),
  ];
  const options = settings.map(each => `-c ${each}`).join(' ');
  return {
    PGHOST: server.folder,
    PGCLIENTENCODING: 'UTF8',
    PGUSER: server.superuser,
    PGDATABASE: 'postgres',
    PGOPTIONS: options,
  };
}

/** The first version that has triggers at a logon, and the setting that turns them off. */
const eventTriggersSince = 17;

/** A program of it, as the user that it runs as. */
export function words(
  { as, bin }: PostgresPrograms,
  program: string,
  ...more: readonly string[]
): [string, ...string[]] {
  const [first, ...rest] = [...as, `${bin}/${program}`, ...more];
  return [first ?? program, ...rest];
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

// A server that cannot go on takes its own file away.
const readyScript = `
until psql -X -q -w -c 'SELECT 1' >/dev/null 2>&1; do
  [ -e "$1/postmaster.pid" ] || exit 1
  sleep 0.1
done`;

// $1: the major version, or nothing. The newest is told last; of one version, the folder that has all of its programs.
const findScript = `
echo "uid=$(id -u)"
if [ "$(id -u)" = 0 ] && id postgres >/dev/null 2>&1; then
  if command -v setpriv >/dev/null && setpriv --version >/dev/null 2>&1; then
    echo "as=setpriv --reuid=postgres --regid=$(id -g postgres) --init-groups --"
  elif command -v su-exec >/dev/null; then echo "as=su-exec postgres"
  elif command -v gosu >/dev/null; then echo "as=gosu postgres"
  elif command -v runuser >/dev/null; then echo "as=runuser -u postgres --"
  fi
fi
best=
for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /usr/local/bin \\
  "$(dirname "$(command -v postgres || echo none)")"; do
  [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] || continue
  version=$("$bin/postgres" --version | sed 's/^[^0-9]*//; s/[^0-9.].*$//')
  [ -z "$1" ] || [ "\${version%%.*}" = "$1" ] || continue
  [ -n "$best" ] && [ "\${best%%.*}" -ge "\${version%%.*}" ] && continue
  best=$version
  echo "bin=$bin"
  echo "version=$version"
done
`;
