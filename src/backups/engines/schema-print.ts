import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import type { PsqlSession } from './psql-session.ts';

/** What the server moves by itself: statistics, freezing, and where files lie. */
const movesByItself = [
  'relpages',
  'reltuples',
  'relallvisible',
  'relallfrozen',
  'relfrozenxid',
  'relminmxid',
  'relhasindex',
  'relhasrules',
  'relhastriggers',
  'relfilenode',
];

const catalogues =
  `namespace attribute attrdef proc type constraint index trigger rewrite policy sequence enum range extension cast operator
  aggregate description event_trigger publication publication_rel default_acl largeobject_metadata inherits foreign_server
  foreign_table ts_config ts_dict collation conversion language`.split(/\s+/);

/**
 * A hash over all that a database has beside the rows of its tables: definitions, rights, comments, and how far its sequences
 * have counted. Two of one database differ when somebody made, changed or dropped anything in it in between.
 * @throws VigieError BACKUP
 */
export async function schemaPrint(session: PsqlSession): Promise<string> {
  const hashed = (row: string) =>
    `coalesce(sum(('x' || left(md5(${row}), 16))::bit(64)::bigint::numeric), 0)::text`;
  const classes = `to_jsonb(t) - '{${movesByItself.join(',')}}'::text[]`;
  const parts = [
    `(SELECT ${hashed(`(${classes})::text`)} FROM pg_class t)`,
    `(SELECT ${hashed("seqrelid::text || ' ' || coalesce(pg_sequence_last_value(seqrelid)::text, '')")} FROM pg_sequence)`,
    ...catalogues.map(each => `(SELECT ${hashed('t::text')} FROM pg_${each} t)`),
  ];
  const row = await session.ask(
    `SELECT json_build_object('print', md5(concat_ws(' ', ${parts.join(', ')})))`,
  );
  const print = textOf(row, 'print');
  if (!/^[0-9a-f]{32}$/.test(print))
    throw new VigieError('BACKUP', 'The server answered no hash of its definitions.');
  return print;
}
