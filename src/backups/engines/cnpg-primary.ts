import type { ClusterObjects } from '../../clients/kube/cluster-objects.ts';
import type { CopyName } from '../../core/copies.ts';
import type { ContentItem } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { outputOf } from '../programs.ts';
import { clusterKind, clusterLabel, podKind } from './cnpg-recovery.ts';

// psql in the pod of the primary is the database's superuser without any password, as the operator sets its pods up. Words
// of an exec stand in audit logs, so they hold statements and no values but names.

/** The operator's name for it. */
const container = 'postgres';
/** The longest name of a pod. */
const podChars = 253;
const askMs = 120_000;
/** Of one database; more are counted as left. */
const mostTables = 2_000;

/** A Cluster whose primary can be asked. */
export interface Primary {
  objects: ClusterObjects;
  cluster: KubeObject;
  signal: AbortSignal;
}

/** Statements, each in its own transaction; lines of what they print. @throws VigieError BACKUP, NOT_STARTED, FORBIDDEN */
export async function askPrimary(
  { objects, cluster, signal }: Primary,
  { statements, database = 'postgres' }: { statements: readonly string[]; database?: string },
): Promise<string[]> {
  const pod = textOf(cluster.status, 'currentPrimary');
  if (pod === '')
    throw new VigieError(
      'NOT_STARTED',
      `Cluster/${cluster.metadata.name} in ${objects.namespace} has no primary to be asked.`,
      { hint: 'See why with k8s_describe of the Cluster.' },
    );
  await refuseStrange({ objects, cluster }, pod);
  const runner = await objects.runnerIn({ pod, container });
  const said = await outputOf(
    { runner, signal, deadlineMs: askMs },
    {
      argv: [
        'psql',
        ...'-X -q -A -t -w -v ON_ERROR_STOP=1 -c'.split(' '),
        `SET search_path = pg_catalog; SET DateStyle = ISO; SET TimeZone = 'UTC'`,
        ...statements.flatMap(each => ['-c', each]),
      ],
      // As a variable it is the name of a database, and never a whole line of parameters.
      env: { PGDATABASE: database },
    },
  );
  return said.split('\n').filter(line => line !== '');
}

/** A status is text: who may write it could name the pod of another Cluster, which would answer for this one. */
async function refuseStrange(
  { objects, cluster: { metadata } }: Pick<Primary, 'objects' | 'cluster'>,
  name: string,
): Promise<void> {
  const pod = await objects.find({ ...podKind, name });
  const owned = pod?.metadata.ownerReferences?.some(
    ({ kind, uid, controller }) =>
      kind === clusterKind.kind && controller === true && uid === metadata.uid && uid !== undefined,
  );
  if (owned === true && pod?.metadata.labels?.[clusterLabel] === metadata.name) return;
  const what = `Cluster/${metadata.name} in ${objects.namespace} names ${cleanLine(name, podChars)} as its primary`;
  throw pod === undefined
    ? new VigieError('NOT_STARTED', `${what}, and there is no such pod.`, {
        hint: 'See why with k8s_describe of the Cluster.',
      })
    : new VigieError('CONFLICT', `${what}, which is a pod that does not belong to it: it is not asked.`, {
        hint: 'See who wrote the status of the Cluster, and whether the operator runs.',
      });
}

/** A setting of the role's own: it touches no table, and is in every WAL from there on. One for each set, which may share a server. */
function settingOf(set: string): string {
  return `vigie.marker_${set.replaceAll('-', '_')}`;
}

export async function writeMarker(primary: Primary, { set, copy }: CopyName): Promise<void> {
  await askPrimary(primary, { statements: [`ALTER ROLE CURRENT_USER SET ${settingOf(set)} = '${copy}'`] });
}

/** The marker of a set that a server holds; undefined: none. */
export async function readMarker(primary: Primary, set: string): Promise<string | undefined> {
  const lines = await askPrimary(primary, {
    statements: ['SELECT pg_catalog.unnest(setconfig) FROM pg_catalog.pg_db_role_setting'],
  });
  const start = `${settingOf(set)}=`;
  return lines.find(line => line.startsWith(start))?.slice(start.length);
}

/** Databases, and the tables of one: whether anything is in each. */
export async function readItems(
  primary: Primary,
  database: string | undefined,
): Promise<{ items: ContentItem[]; left: number }> {
  const names = await askPrimary(primary, {
    statements: ['SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate ORDER BY 1'],
  });
  const items = names.map(name => ({ name: `database ${name}`, count: 1 }));
  if (database === undefined) return { items, left: 0 };
  const tables = await askPrimary(primary, { statements: [tablesQuestion], database });
  const counted = tables.map(line => ({
    name: `table ${line.slice(2)}`,
    count: Number(line.startsWith('1')),
  }));
  return {
    items: [...items, ...counted.slice(0, mostTables)],
    left: Math.max(0, counted.length - mostTables),
  };
}

/** Whether a table has pages: what is in them was copied as it is, and reading them all would load the source. */
const tablesQuestion = `SELECT CASE WHEN pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.>) 0 THEN '1 ' ELSE '0 ' END
  OPERATOR(pg_catalog.||) pg_catalog.format('%I.%I', n.nspname, c.relname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
    AND n.nspname OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)' ORDER BY 1`;

/** When the last transaction was that a recovered server replayed; undefined: it cannot say. */
export async function replayedUntil(primary: Primary): Promise<string | undefined> {
  const [at] = await askPrimary(primary, {
    statements: ['SELECT pg_catalog.pg_last_xact_replay_timestamp()'],
  });
  return at === undefined ? undefined : new Date(at.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString();
}

/** Until when WAL lies in the archive; undefined: the server cannot say. */
export async function archivedUntil(primary: Primary): Promise<Date | undefined> {
  const [at] = await askPrimary(primary, {
    statements: [
      'SELECT last_archived_time FROM pg_catalog.pg_stat_archiver WHERE last_archived_time IS NOT NULL',
    ],
  });
  return at === undefined ? undefined : new Date(at.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

const ownSetting = 'vigie.restored';

/** Notes that a restore is done: transactions are counted from here. */
export async function noteRestored(primary: Primary, drawn: string): Promise<void> {
  await askPrimary(primary, { statements: [`ALTER ROLE CURRENT_USER SET ${ownSetting} = '${drawn}'`] });
}

/** How many transactions wrote since a restore was done; undefined: it was never done, or somebody took the note away. */
export async function writtenSince(primary: Primary, drawn: string): Promise<number | undefined> {
  const [age] = await askPrimary(primary, {
    statements: [
      `SELECT pg_catalog.age(xmin) FROM pg_catalog.pg_db_role_setting
        WHERE '${ownSetting}=${drawn}' OPERATOR(pg_catalog.=) ANY (setconfig)`,
    ],
  });
  // The note itself was the first.
  return age === undefined ? undefined : Number(age) - 1;
}
