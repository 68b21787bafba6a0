// Run by Node itself, in a process of its own: reading a large file takes minutes, in which whoever holds the lock of the
// set must stay awake. Node brings SQLite along, so nothing has to be installed.

/**
 * copy SOURCE INTO ROOM: copies a database into a new file while others write to it, and prints what is in it, read in the
 * same transaction. look FILE: prints what is in a file that nobody writes to, once SQLite finds it whole.
 */
export const sqliteProgram = `
const { DatabaseSync, backup } = process.getBuiltinModule('node:sqlite');
const { fstatSync, lstatSync, readdirSync } = process.getBuiltinModule('node:fs');
const { createHash } = process.getBuiltinModule('node:crypto');
const { pathToFileURL } = process.getBuiltinModule('node:url');

// A writer in the old journal keeps readers out while it commits.
const lockedMs = 30_000;
const mostTables = 5_000;
const pagesAtOnce = 1_000_000;
// A table may be called by a whole book; what tells two apart is kept.
const nameChars = 200;

const sha256 = () => createHash('sha256');
const quoted = name => '"' + name.replaceAll('"', '""') + '"';

// Every value with its type and, where it has no end of its own, its length: no two rows are written alike.
function told(value) {
  if (value === null) return 'n';
  if (typeof value === 'bigint') return 'i' + value;
  if (typeof value === 'number') return 'r' + value;
  if (typeof value === 'string') return 't' + value.length + ':' + value;
  return 'b' + value.length + ':' + sha256().update(value).digest('hex');
}

function shown(name) {
  if (name.length <= nameChars) return name;
  return name.slice(0, nameChars) + ' #' + sha256().update(name).digest('hex').slice(0, 16);
}

// In the order of their keys, by no index: a planner of another version may choose another.
function item(database, name) {
  const columns = database.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0').all(name);
  const words = columns.map(column => quoted(column.name)).join(', ');
  const rows = database.prepare('SELECT ' + words + ' FROM main.' + quoted(name) + ' NOT INDEXED');
  rows.setReadBigInts(true);
  rows.setReturnArrays(true);
  const hash = sha256();
  let count = 0;
  for (const row of rows.iterate()) {
    hash.update(row.map(told).join(',') + '\\n');
    count += 1;
  }
  return { name: shown(name), count, hash: hash.digest('hex') };
}

// Virtual tables keep what they hold in tables of their own, which are read.
function contents(database) {
  const tables = database
    .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name")
    .all();
  const items = tables.slice(0, mostTables).map(({ name }) => item(database, name));
  const left = tables.length - items.length;
  return { items, ...(left === 0 ? {} : { left }) };
}

// Whoever may write to its folder could have made it a link since it was looked at, and another back again.
function mustBeOpen({ dev, ino }, source) {
  const isIt = fd => {
    try {
      const found = fstatSync(Number(fd), { bigint: true });
      return found.dev === dev && found.ino === ino;
    } catch {
      return false;
    }
  };
  if (!readdirSync('/dev/fd').some(isIt)) throw new Error(source + ' became another file while it was opened');
}

async function copy(source, into, room) {
  const meant = lstatSync(source, { bigint: true, throwIfNoEntry: false });
  // Of what is not there SQLite tells.
  if (meant?.isFile() === false) throw new Error(source + ' is no file: where it is a link, name what it leads to');
  const database = new DatabaseSync(source, { readOnly: true, timeout: lockedMs });
  database.exec('BEGIN');
  mustBeOpen(meant ?? {}, source);
  const pages = database.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get();
  if (pages.bytes > Number(room))
    throw new Error('the copy takes ' + pages.bytes + ' bytes, and the temporary folder has room for ' + room);
  const at = new Date().toISOString();
  const found = contents(database);
  await backup(database, into, { rate: pagesAtOnce });
  database.exec('COMMIT');
  return { at, ...found };
}

function look(file) {
  const url = pathToFileURL(file);
  // Nobody else has it open: no files are made beside it.
  url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true });
  const [{ integrity_check: said }] = database.prepare('PRAGMA integrity_check(1)').all();
  if (said !== 'ok') throw new Error('the integrity check says: ' + said);
  return contents(database);
}

async function run([what, ...words]) {
  const found = await (what === 'copy' ? copy(...words) : look(...words));
  const { sqlite, node } = process.versions;
  process.stdout.write(JSON.stringify({ ...found, versions: { sqlite, node } }));
}

run(process.argv.slice(1)).catch(error => {
  process.stderr.write(process.argv[2] + ': ' + error.message + '\\n');
  process.exitCode = 1;
});`;
