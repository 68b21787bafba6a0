import { VigieError } from '../../core/errors.ts';

/** A database of a PostgreSQL server, as vigie.yaml names it. */
export interface PostgresSettings {
  database: string;
  /** A name, an address, or the folder of its socket. Absent: what the client's own default is where it runs. */
  host?: string;
  port?: number;
  user?: string;
  /** As libpq has them: `verify-full`. Absent: libpq's own. */
  sslMode?: string;
}

/** How clients of PostgreSQL are told where to go: by their environment, never by arguments. */
export interface PostgresVariables {
  env: Record<string, string>;
  secrets: Record<string, string>;
}

/** @throws VigieError SECRET for a DSN that is none; it is not quoted */
export function postgresVariables(
  settings: PostgresSettings,
  secrets: Readonly<Record<string, string>>,
): PostgresVariables {
  const { dsn, password } = secrets;
  const named = dsn === undefined ? {} : partsOf(dsn);
  const { database, host, port, user, sslMode } = { ...named, ...settings };
  const word = password ?? named.password;
  return {
    env: {
      PGDATABASE: database,
      PGAPPNAME: 'vigie',
      PGCONNECT_TIMEOUT: '10',
      PGCLIENTENCODING: 'UTF8',
      ...(host === undefined ? {} : { PGHOST: host }),
      ...(port === undefined ? {} : { PGPORT: String(port) }),
      ...(user === undefined ? {} : { PGUSER: user }),
      ...(sslMode === undefined ? {} : { PGSSLMODE: sslMode }),
    },
    secrets: word === undefined ? {} : { PGPASSWORD: word },
  };
}

function partsOf(dsn: string): Partial<PostgresSettings> & { password?: string } {
  const url = URL.parse(dsn.trim());
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new VigieError('SECRET', 'The DSN of the database is no URL of PostgreSQL.', {
      hint: 'Write it like postgresql://user:password@host:5432/database where its reference leads.',
    });
  const host = decodeURIComponent(url.hostname) || url.searchParams.get('host');
  const sslMode = url.searchParams.get('sslmode');
  return {
    ...(host === null || host === '' ? {} : { host }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(sslMode === null ? {} : { sslMode }),
  };
}
