import { setTimeout as sleep } from 'node:timers/promises';
import type { Contents } from '../../core/copy.ts';
import { textOf } from '../../core/json.ts';
import type { InspectJob, RestoreJob } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { askClickHouse, type ClickHouseServer } from './clickhouse-client.ts';
import { restoreMade } from './clickhouse-disk.ts';
import { allStored, countAndHash } from './clickhouse-parts.ts';
import { backupPart, plainScript, plainTables, tablesAtOnce } from './clickhouse-scratch.ts';
import { quotedName, quotedText } from './clickhouse-sql.ts';

/** A database of a server that works, which a copy is restored into. */
export interface LiveDatabase {
  server: ClickHouseServer;
  database: string;
  /** The server's disk for backups, and where it lies for the commands of the set. */
  disk: string;
  folder: string;
  /** The copy's own folder there; what the server restores from it is called so, too. */
  inside: string;
  /** Tables that must not merge until they were compared. */
  held: string[];
}

const lookMs = 200;

/** Restores the counted tables alone: a view may read files and other systems as soon as it is there. */
export async function restoreLive(
  job: Omit<RestoreJob<unknown>, 'target'>,
  live: LiveDatabase,
): Promise<void> {
  const { copy } = job;
  const { runner, signal, deadlineMs } = job;
  const { folder, inside, database, disk, server } = live;
  const step = { runner, signal, deadlineMs };
  job.progress(`Putting the copy on the disk ${disk} of the server`);
  await outputOf(step, {
    argv: ['sh', '-c', unpackScript, 'sh', folder, inside],
    stdin: copy.open(backupPart),
  });
  await outputOf(step, {
    argv: ['sh', '-c', `${plainScript}\n${ownerScript}`, 'sh', `${folder}/${inside}`],
    env: { VIGIE_AWK: plainTables },
  });
  const from = quotedName(copy.manifest.source['database'] ?? '');
  const names = copy.manifest.contents.items.map(({ name }) => quotedName(name));
  const restore = async (id: string, { tables, how }: { tables: string[]; how: string }): Promise<void> => {
    const each = tables.map(name => `TABLE ${from}.${name} AS ${quotedName(database)}.${name}`);
    await askClickHouse(
      server,
      `RESTORE ${each.join(', ')} FROM Disk(${quotedText(disk)}, ${quotedText(`${inside}/copy/`)})
SETTINGS id = ${quotedText(id)}${how} ASYNC`,
    );
    await restoreMade(server, id);
  };
  for (let first = 0; first < names.length; first += tablesAtOnce) {
    const tables = names.slice(first, first + tablesAtOnce);
    job.progress(`Restoring tables ${first + 1} to ${first + tables.length} of ${names.length}`);
    const id = `${inside}-${first}`;
    await restore(`${id}-empty`, { tables, how: ', structure_only = true' });
    await holdMerges(live);
    await restore(id, { tables, how: '' });
  }
  await outputOf(step, { argv: ['rm', '-rf', '--', `${folder}/${inside}`] });
}

/** Merges of tables that replace, sum up or let rows expire would take them away before they are compared. */
async function holdMerges({ server, database, held }: LiveDatabase): Promise<void> {
  const rows = await askClickHouse(
    server,
    `SELECT name FROM system.tables WHERE database = ${quotedText(database)}
AND (engine != 'MergeTree' OR position(create_table_query, 'TTL') > 0)`,
  );
  for (const row of rows) {
    const table = textOf(row, 'name');
    if (held.includes(table)) continue;
    await askClickHouse(server, `SYSTEM STOP MERGES ${quotedName(database)}.${quotedName(table)}`);
    held.push(table);
  }
}

/** Counts and hashes what stands in the tables of a database. */
export async function inspectLive(
  { server, database }: Pick<LiveDatabase, 'server' | 'database'>,
  { expected }: Pick<InspectJob<unknown>, 'expected'>,
): Promise<Contents> {
  const items: Contents['items'][number][] = [];
  for (const { name } of expected.items) {
    const table = `${quotedName(database)}.${quotedName(name)}`;
    const [row] = await askClickHouse(server, `SELECT ${countAndHash} FROM ${table} SETTINGS ${allStored}`);
    items.push({ name, count: Number(textOf(row, 'count')), hash: textOf(row, 'hash') });
  }
  return { how: expected.how, at: expected.at, items };
}

/** Ends what the server still restores from that folder. Its bound is the server's signal. */
export async function endRestores(server: ClickHouseServer, inside: string): Promise<void> {
  const running = `SELECT query_id FROM system.backups WHERE startsWith(id, ${quotedText(`${inside}-`)}) AND status = 'RESTORING'`;
  while ((await askClickHouse(server, running)).length > 0) {
    await askClickHouse(server, `KILL QUERY WHERE query_id IN (${running}) ASYNC`);
    await sleep(lookMs, undefined, { signal: server.signal });
  }
}

// Whoever made a copy that is not ours could have put a link there, which the server would follow.
const unpackScript = `
umask 077
cd "$1" && mkdir -- "$2" "$2/copy" && tar -xf - -C "$2/copy" || exit 3
[ -z "$(find "$2" ! -type f ! -type d | head -n 1)" ] || { echo 'the copy holds what is no file' >&2; exit 4; }`;

// Root writes files that only root can read, and the server reads them.
const ownerScript = '[ "$(id -u)" != 0 ] || chown -hR "$(stat -c %u:%g ..)" "$1"';
