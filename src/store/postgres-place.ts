import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';

// The modes mean what libpq says they mean, which is not what `pg` makes of them. `allow` and `prefer` go on in plain
// text where a server, or whoever stands before it, says that it knows no TLS: they are refused.

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type TlsMode = (typeof modes)[number];

const parameters: ReadonlySet<string> = new Set(['host', 'sslmode', 'sslrootcert']);

/** A database of PostgreSQL, and how it is reached. */
export interface PostgresPlace {
  /** A name, an address, or the folder of its socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  /** Absent: none, or what PGPASSWORD or a .pgpass file says. */
  password?: string;
  mode: TlsMode;
  /** Absolute path of the only authorities that count, PEM. Absent: those of Node.js. */
  caFile?: string;
  /** For messages: where it is, without the password. */
  name: string;
}

/**
 * `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/path`; a socket's folder as `?host=/path`.
 * Without `sslmode`: verify-full, and disable on this machine alone.
 * @throws VigieError STORE, which never quotes the URL
 */
export function readPostgresUrl(text: string): PostgresPlace {
  const url = URL.parse(text.trim());
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) throw unfit('it is no URL of PostgreSQL');
  const query = url.searchParams;
  const other = [...query.keys()].find(key => !parameters.has(key) || query.getAll(key).length > 1);
  if (other !== undefined)
    throw unfit(`only ${[...parameters].join(', ')} may follow the question mark, each once`);
  const host = query.get('host') ?? decoded(url.hostname.replace(/^\[(.+)\]$/, '$1'));
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (host === '' || database === '' || user === '') throw unfit('it lacks a host, a database or a user');
  const caFile = query.get('sslrootcert') ?? undefined;
  if (caFile !== undefined && !caFile.startsWith('/')) throw unfit('its sslrootcert is no absolute path');
  const mode = modeOf(query.get('sslmode'), { host, caFile });
  const password = decoded(url.password);
  const port = url.port === '' ? 5432 : Number(url.port);
  return {
    host,
    port,
    database,
    user,
    ...(password === '' ? {} : { password }),
    mode,
    ...(caFile === undefined ? {} : { caFile }),
    name: `PostgreSQL ${database} at ${host}:${port}`,
  };
}

/** This machine, where nobody stands in between. */
export function isLoopback(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What TLS is asked for; false: none. @throws VigieError STORE where the authorities cannot be read */
export async function tlsOf({ mode, caFile }: PostgresPlace): Promise<ConnectionOptions | false> {
  if (mode === 'disable') return false;
  const ca = caFile === undefined ? {} : { ca: await readAuthorities(caFile) };
  if (mode === 'verify-full') return ca;
  // By libpq's rule `require` with authorities of its own checks them, and without any it checks nothing.
  return caFile === undefined
    ? { rejectUnauthorized: false }
    : { ...ca, checkServerIdentity: () => undefined };
}

function modeOf(
  named: string | null,
  { host, caFile }: { host: string; caFile: string | undefined },
): TlsMode {
  if (named === null) return isLoopback(host) && caFile === undefined ? 'disable' : 'verify-full';
  const mode = modes.find(each => each === named);
  if (mode === undefined) throw unfit(`its sslmode must be one of ${modes.join(', ')}`);
  if (mode === 'verify-ca' && caFile === undefined)
    throw unfit('its sslmode verify-ca needs an sslrootcert: any public authority would do otherwise');
  return mode;
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new VigieError(
      'STORE',
      `The authorities of the store, ${file}, cannot be read (${systemCode(cause) ?? 'unknown'}).`,
      { hint: 'Mend sslrootcert in the URL that store.postgres.url leads to.', cause },
    );
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unfit('a part of it is not written as URLs are');
  }
}

function unfit(why: string): VigieError {
  return new VigieError('STORE', `What store.postgres.url leads to cannot be used: ${why}.`, {
    hint: 'Write postgres://user:password@host:5432/database there, each part written as in a URL.',
  });
}
