import { VigieError } from '../../core/errors.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import { sizeText } from '../../core/size-text.ts';
import { askClickHouse, type ClickHouseServer } from './clickhouse-client.ts';
import type { PartTable } from './clickhouse-parts.ts';
import { quotedText } from './clickhouse-sql.ts';

/** More tables than people make; the rest is counted as left out. */
const mostTables = 5_000;

/** @throws VigieError BACKUP where there is no such database or disk */
export async function lookAt(server: ClickHouseServer, disk: string): Promise<JsonObject> {
  const { database } = server.settings;
  const [row = {}] = await askClickHouse(
    server,
    `SELECT version() AS version, currentUser() AS user,
(SELECT engine FROM system.databases WHERE name = ${quotedText(database)}) AS engine,
(SELECT path FROM system.disks WHERE name = ${quotedText(disk)}) AS path,
toString((SELECT free_space FROM system.disks WHERE name = ${quotedText(disk)})) AS free,
toString((SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = ${quotedText(database)})) AS bytes`,
  );
  if (textOf(row, 'engine') === '')
    throw new VigieError(
      'BACKUP',
      `The server shows no database ${database.slice(0, 100)} to the user of the set.`,
      {
        hint: 'Mend database of the set, or grant its user SELECT and BACKUP on it.',
      },
    );
  if (textOf(row, 'path') === '')
    throw new VigieError('BACKUP', `The server has no disk ${disk} that lies in a folder.`, {
      hint: 'Declare a local disk under storage_configuration of the server, allow it under backups.allowed_disk, and name it as disk of the set.',
    });
  return row;
}

export function refuseFull(about: JsonObject, disk: string): void {
  const [free, bytes] = [Number(textOf(about, 'free')), Number(textOf(about, 'bytes'))];
  if (!(free < bytes)) return;
  throw new VigieError(
    'BACKUP',
    `The disk ${disk} of the server has no room: ${sizeText(free)} are free, and the database has ${sizeText(bytes)}.`,
    { hint: 'Give the server a larger disk for backups: a copy lies there until it is stored.' },
  );
}

/** Tables whose rows are counted, and those with rows of their own that cannot be. */
export async function tablesOf(
  server: ClickHouseServer,
): Promise<{ tables: PartTable[]; others: string[]; left: number }> {
  const rows = await askClickHouse(
    server,
    `SELECT name, toString(uuid) AS uuid, engine FROM system.tables
WHERE database = ${quotedText(server.settings.database)} ORDER BY name LIMIT ${mostTables + 1}`,
  );
  const known = rows.slice(0, mostTables);
  // What a view stores lies under the view's own name in a BACKUP, and comes back with the view alone.
  const isCounted = (row: JsonObject) =>
    textOf(row, 'engine').endsWith('MergeTree') && !/^\.inner(?:_id)?\./.test(textOf(row, 'name'));
  return {
    tables: known.filter(isCounted).map(row => ({ name: textOf(row, 'name'), uuid: textOf(row, 'uuid') })),
    others: known
      .filter(row => !isCounted(row) && !textOf(row, 'name').startsWith('.inner'))
      .map(row => `${textOf(row, 'name')} (${textOf(row, 'engine')})`),
    left: rows.length - known.length,
  };
}

/** Those that are still the same ones: parts of another table of that name mean nothing. */
export async function sameTables(
  server: ClickHouseServer,
  tables: readonly PartTable[],
): Promise<PartTable[]> {
  const now = new Map((await tablesOf(server)).tables.map(({ name, uuid }) => [name, uuid]));
  return tables.filter(({ name, uuid }) => now.get(name) === uuid);
}
