import type { Contents } from '../../core/copy.ts';
import { textOf } from '../../core/json.ts';
import type { InspectJob, RestoreJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf } from '../programs.ts';
import { askLocal, type ClickHouseSettings } from './clickhouse-client.ts';
import { allStored, countAndHash } from './clickhouse-parts.ts';
import { quotedName } from './clickhouse-sql.ts';

/** A folder with a copy, and a database that `clickhouse local` reads there. */
interface LocalFolder {
  folder: string;
}

export const backupPart = 'backup.tar';
const restored = 'restored';
/** In one statement of RESTORE. */
export const tablesAtOnce = 200;

/** No server: the engine works on the folder for as long as one statement takes, and nobody can reach it. */
export async function startLocal(job: ScratchJob<ClickHouseSettings>): Promise<Scratch<LocalFolder>> {
  const said = await outputOf(job, { argv: ['clickhouse', 'local', '--version'] });
  const version = /\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'of an unknown version';
  return {
    target: { folder: job.folder },
    shown: `clickhouse local ${version} in a temporary folder`,
    end: async () => undefined,
  };
}

/**
 * Only tables that hold rows are restored, and none but those that the manifest names: a view may read files and other
 * systems as soon as it is there, and a queue takes from the real one.
 */
export async function restoreTables({
  copy,
  target,
  leftOut,
  ...step
}: RestoreJob<LocalFolder>): Promise<void> {
  const { folder } = target;
  await outputOf(step, {
    argv: ['sh', '-c', 'umask 077; mkdir "$1/copy" && exec tar -xf - -C "$1/copy"', 'sh', folder],
    stdin: copy.open(backupPart),
    folder,
  });
  await outputOf(step, {
    argv: ['sh', '-c', `${configScript}\n${plainScript}`, 'sh', folder],
    env: { VIGIE_AWK: plainTables },
    folder,
  });
  const { contents, source } = copy.manifest;
  const from = quotedName(source['database'] ?? '');
  const names = contents.items.map(({ name }) => quotedName(name));
  await askLocal(step, { folder, sql: `CREATE DATABASE ${restored} ENGINE = Atomic` });
  for (let first = 0; first < names.length; first += tablesAtOnce) {
    const tables = names
      .slice(first, first + tablesAtOnce)
      .map(name => `TABLE ${from}.${name} AS ${restored}.${name}`);
    step.progress(`Restoring tables ${first + 1} to ${first + tables.length} of ${names.length}`);
    await askLocal(step, { folder, sql: `RESTORE ${tables.join(', ')} FROM File('${folder}/copy')` });
  }
  const other = source['not compared'];
  if (other !== undefined) leftOut?.(other);
}

/** Counts and hashes what stands in the tables. */
export async function inspectTables({
  target: { folder },
  expected,
  ...step
}: InspectJob<LocalFolder>): Promise<Contents> {
  const items: Contents['items'][number][] = [];
  for (const { name } of expected.items) {
    const table = `${restored}.${quotedName(name)}`;
    // Merges would take away what a table replaces, sums up or lets expire.
    const [row] = await askLocal(step, {
      folder,
      sql: `SYSTEM STOP MERGES; SELECT ${countAndHash} FROM ${table} SETTINGS ${allStored};`,
    });
    items.push({ name, count: Number(textOf(row, 'count')), hash: textOf(row, 'hash') });
  }
  return { how: expected.how, at: expected.at, items };
}

const configScript = `
umask 077
cd "$1" || exit 3
{
  echo "<clickhouse><backups><allowed_path>$1/</allowed_path></backups><merge_tree>"
  echo '<max_bytes_to_merge_at_max_space_in_pool>1</max_bytes_to_merge_at_max_space_in_pool>'
  echo '<max_bytes_to_merge_at_min_space_in_pool>1</max_bytes_to_merge_at_min_space_in_pool>'
  echo '<max_number_of_merges_with_ttl_in_pool>0</max_number_of_merges_with_ttl_in_pool></merge_tree></clickhouse>'
} > config.xml`;

// A Replicated table asks a Keeper, of which a scratch place has none and must not reach the real one: it becomes the table
// without. What goes is filled up with spaces, since the copy's own list says how long each file is.
export const plainScript = `
umask 077
cd "$1" || exit 3
find copy/metadata -name '*.sql' -exec grep -l 'ENGINE = Replicated[A-Za-z]*MergeTree' {} + |
  while IFS= read -r file; do
    LC_ALL=C awk "$VIGIE_AWK" "$file" > plain.sql && cat plain.sql > "$file" || exit 4
  done`;

export const plainTables = `
match($0, /\\) ENGINE = Replicated[A-Za-z]*MergeTree(\\(\\047([^\\047\\\\]|\\\\.)*\\047, \\047([^\\047\\\\]|\\\\.)*\\047(, )?)?/) {
  size = length($0)
  engine = substr($0, RSTART, RLENGTH)
  rest = substr($0, RSTART + RLENGTH)
  open = index(engine, "(") > 0 ? "(" : ""
  sub(/= Replicated/, "= ", engine)
  sub(/MergeTree.*/, "MergeTree", engine)
  $0 = substr($0, 1, RSTART - 1) engine open rest
  while (length($0) < size) $0 = $0 " "
}
{ print }`;
