import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import { isPlainPath, plainPathRule } from '../../core/plain-path.ts';
import { cleanLine } from '../../core/text.ts';
import { isGone, thisHolder } from '../holder.ts';
import { outputOf, streamOf, type Within } from '../programs.ts';
import { untilFound } from '../until-found.ts';
import { askClickHouse, type ClickHouseServer, type ClickHouseSettings } from './clickhouse-client.ts';
import { quotedText } from './clickhouse-sql.ts';

// What a BACKUP writes lies on a disk of the server under the set's name and the copy's id, until it was streamed away.

/** Beside a BACKUP: who works on it. */
const holderEnd = '.holder';
/** Between two looks at a BACKUP that was told to end. */
const lookMs = 200;
/** For a server to let go of a BACKUP that was stopped, once the call itself is over. */
const letGoMs = 30_000;
/** Of what the server says. */
const saidChars = 300;

export function folderOf({ path }: ClickHouseSettings, about: JsonObject): string {
  const folder = (path ?? textOf(about, 'path')).replace(/\/+$/, '');
  if (isPlainPath(folder)) return folder;
  throw new VigieError('BACKUP', `The folder of the disk for backups ${plainPathRule}.`, {
    hint: 'Let the disk lie in such a folder, or name one as path of the set that leads there.',
  });
}

/** What a set's own BACKUP still writes is nobody's to take away. @throws VigieError CONFLICT */
export async function mustRest(server: ClickHouseServer, set: string): Promise<void> {
  const rows = await askClickHouse(
    server,
    `SELECT id FROM system.backups WHERE status = 'CREATING_BACKUP' AND match(id, ${quotedText(`^vigie-${set}-[0-9]{8}T`)})`,
  );
  if (rows.length === 0) return;
  throw new VigieError('CONFLICT', `The server still writes an older BACKUP of the set ${set}.`, {
    hint: 'Wait until system.backups of the server says that it has ended, or end it there by KILL QUERY.',
    details: { backup: textOf(rows[0], 'id') },
  });
}

/** Another Vigie may stream one of the same name away: only what surely nobody works on goes. @throws VigieError BACKUP */
export async function sweep(within: Within, { folder, set }: { folder: string; set: string }): Promise<void> {
  const said = await outputOf(within, { argv: ['sh', '-c', leftScript, 'sh', folder, `vigie-${set}`] });
  for (const line of said.split('\n')) {
    const [name = '', holder = ''] = line.split(' ');
    if (name !== '' && isLeft(name, holder)) await takeAway(within, `${folder}/${name}`);
  }
}

/** Of a holder elsewhere nobody here knows whether it lives: no run takes longer. */
const heldMs = 24 * 3_600_000;

function isLeft(name: string, holder: string): boolean {
  const [, day, time] = /-(\d{8})T(\d{6})Z-.{4}$/.exec(name) ?? [];
  const at = Date.parse(`${day}T${time}Z`.replace(/^(.{4})(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return holder === '' || isGone(holder) || !(Date.now() - at < heldMs);
}

/** Says who works on a BACKUP, beside it. @throws VigieError BACKUP */
export async function hold(within: Within, path: string): Promise<void> {
  await outputOf(within, {
    argv: ['sh', '-c', `printf '%s' "$2" > "$1"`, 'sh', `${path}${holderEnd}`, thisHolder()],
  });
}

async function takeAway(within: Within, path: string): Promise<void> {
  await outputOf(within, { argv: ['rm', '-rf', '--', path, `${path}${holderEnd}`] });
}

/** Waits until a BACKUP is made. @throws VigieError BACKUP with what the server says */
export async function backupMade(server: ClickHouseServer, id: string): Promise<JsonObject> {
  return ended(server, { id, what: 'BACKUP', going: 'CREATING_BACKUP', done: 'BACKUP_CREATED' });
}

/** Waits until a RESTORE has ended. @throws VigieError BACKUP with what the server says */
export async function restoreMade(server: ClickHouseServer, id: string): Promise<void> {
  await ended(server, { id, what: 'RESTORE', going: 'RESTORING', done: 'RESTORED' });
}

/** What the server does by itself, and how it calls that while it lasts and afterwards. */
interface Operation {
  id: string;
  what: string;
  going: string;
  done: string;
}

async function ended(server: ClickHouseServer, operation: Operation): Promise<JsonObject> {
  const untilMs = Date.now() + server.deadlineMs;
  return untilFound(() => lookAtOperation(server, operation), {
    signal: server.signal,
    untilMs,
    late: () => new VigieError('TIMEOUT', `The server did not make the ${operation.what} in its time.`),
  });
}

async function lookAtOperation(
  server: ClickHouseServer,
  { id, what, going, done }: Operation,
): Promise<JsonObject | undefined> {
  const [row] = await askClickHouse(
    server,
    `SELECT toString(status) AS status, substring(error, 1, ${saidChars}) AS error, toString(compressed_size) AS bytes,
formatDateTime(start_time, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS at FROM system.backups WHERE id = ${quotedText(id)}`,
  );
  const status = textOf(row, 'status');
  if (status === going) return undefined;
  if (row !== undefined && status === done) return row;
  const why =
    row === undefined ? 'it does not know of it any more, as after a restart' : textOf(row, 'error');
  throw new VigieError('BACKUP', `The server did not make the ${what}: ${cleanLine(why, saidChars)}`, {
    hint: 'Look at system.backups and the log of the server, and at the room on its disk; then ask again.',
    details: { program: 'clickhouse', status },
  });
}

/** The parts of each table that a BACKUP holds, from its own list of files. @throws VigieError BACKUP */
export async function partsIn(
  within: Within,
  { path, database }: { path: string; database: string },
): Promise<Map<string, Set<string>>> {
  const said = await outputOf(within, { argv: ['sh', '-c', listScript, 'sh', path] });
  const lines = said.split('\n');
  if (!lines.includes('whole'))
    throw new VigieError(
      'BACKUP',
      `The BACKUP in ${path} on ${within.runner.where} has no whole list of its files.`,
      {
        hint: 'Look at path of the set: it must lead to the disk that the server writes backups to.',
      },
    );
  const found = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, inside, table, part] = line.split('/').map(word => decoded(word));
    if (inside !== database || table === undefined || part === undefined) continue;
    const parts = found.get(table) ?? new Set();
    found.set(table, parts.add(part));
  }
  return found;
}

/** ClickHouse writes bytes that are no letter, digit or _ as %41. */
function decoded(word: string): string {
  return Buffer.from(
    word.replaceAll(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  ).toString('utf8');
}

/** @throws VigieError BACKUP for less than the server says that it wrote, whatever tar's exit code said */
export async function* whole(
  within: Within,
  { path, bytes }: { path: string; bytes: number },
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of streamOf(within, { argv: ['tar', '-cf', '-', '-C', path, '.'] })) {
    size += chunk.length;
    yield chunk;
  }
  if (size >= bytes) return;
  throw new VigieError(
    'BACKUP',
    `tar on ${within.runner.where} ended as if all were well after ${size} bytes, and the BACKUP has ${bytes}: no copy was made.`,
    { hint: 'Look at what tar is on the PATH there; then run the backup again.' },
  );
}

/** Ends a BACKUP that may still run, and takes away what it wrote. Never throws: the next run of the set looks again. */
export async function letGo(
  server: ClickHouseServer,
  { id, folder }: { id: string; folder: string },
): Promise<void> {
  // The call may have been stopped: what it began must end all the same.
  const own = { ...server, signal: AbortSignal.timeout(letGoMs), deadlineMs: letGoMs };
  try {
    const running = `SELECT query_id FROM system.backups WHERE id = ${quotedText(id)} AND status = 'CREATING_BACKUP'`;
    for (;;) {
      const rows = await askClickHouse(own, running);
      if (rows.length === 0) break;
      await askClickHouse(own, `KILL QUERY WHERE query_id IN (${running}) ASYNC`);
      await sleep(lookMs, undefined, { signal: own.signal });
    }
    await takeAway(own, `${folder}/${id}`);
  } catch {
    return;
  }
}

const listScript = `
tr '<' '\\n' < "$1/.backup" | sed -n -e 's|^name>\\(data/[^/]*/[^/]*/[^/]*\\)/checksums\\.txt$|\\1|p' -e 's|^/config>.*|whole|p'`;

// A copy's id is part of the name, so that a set whose name begins with another's is not taken for it.
const leftScript = `
cd "$1" || exit 3
digit='[0-9]'
name="$digit$digit$digit$digit$digit$digit$digit\${digit}T$digit$digit$digit$digit$digit\${digit}Z-????"
for file in "$2"-$name "$2"-$name${holderEnd}; do
  left=\${file%${holderEnd}}
  [ ! -e "$file" ] || [ -L "$file" ] || echo "$left $(head -c 400 "$left${holderEnd}" 2>/dev/null)"
done`;
