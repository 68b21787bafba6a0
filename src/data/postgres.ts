import type { Question } from '../clients/postgres/questions.ts';
import type { Answer } from '../clients/postgres/reader.ts';
import { type JsonObject, listOf, memberOf, textOf, textsIn } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, levelOf, measured } from './measure.ts';
import { needsMonitor } from './needs-monitor.ts';
import { replicationLines, slotLine, standbyLines } from './postgres-replication.ts';
import { statementLines } from './postgres-statements.ts';
import { thresholds } from './thresholds.ts';
import { type Line, notChecked } from './verdict.ts';

const nameChars = 120;
const mostNamed = 5;

type Judge = (row: JsonObject, server: { seesOthers: boolean }) => Line[];

/** The lines of each question, by the check that a refusal stands under. */
const judges: readonly (readonly [question: Question, check: string, judge: Judge])[] = [
  ['connections', 'connections', connectionLines],
  ['transactions', 'transactions', transactionLines],
  ['replication', 'replication', replicationLines],
  ['standby', 'standby', standbyLines],
  ['slots', 'slots', row => [slotLine(row)]],
  ['archiver', 'WAL archiving', archiverLines],
  ['wraparound', 'wraparound', wraparoundLines],
  ['tables', 'dead tuples', tableLines],
  ['indexes', 'indexes', indexLines],
  ['checksums', 'checksums', checksumLines],
  ['statements', 'slow queries', statementLines],
];

/** What a PostgreSQL server said of itself, judged. `about`: what answered. */
export function judgePostgres(answerTo: (question: Question) => Answer): { about: string; lines: Line[] } {
  const answer = answerTo('server');
  const server = 'row' in answer ? answer.row : {};
  const seesOthers = server['seesOthers'] === true;
  const version = /^[\d.]+/.exec(textOf(server, 'version'))?.[0] ?? 'of an unknown version';
  return {
    about: `PostgreSQL ${version}${server['standby'] === true ? ', a standby' : ''}, database ${cleanLine(textOf(server, 'database'), nameChars)}`,
    lines: judges.flatMap(([question, check, judge]) => {
      const found = answerTo(question);
      return 'row' in found
        ? judge(found.row, { seesOthers })
        : [notChecked(check, refusalText(found.refused.state))];
    }),
  };
}

/** What a server means by a SQLSTATE, as far as it can happen to a look. */
function refusalText(state: string | undefined): string {
  switch (state) {
    case undefined:
      return 'the server stopped answering before';
    case '42501':
      return needsMonitor;
    case '57014':
      return 'the server did not answer in 4 s';
    case '55P03':
      return 'what is asked was locked for a second';
    case '42P01':
    case '42703':
    case '42883':
      return `this version of the server does not tell it (${state})`;
    case '55000':
      return 'it is not loaded: shared_preload_libraries (55000)';
    default:
      return `the server refused with SQLSTATE ${state}`;
  }
}

function connectionLines(row: JsonObject): Line[] {
  const [used, max] = [Number(row['used'] ?? Number.NaN), Number(row['max'] ?? Number.NaN)];
  const value = (used / max) * 100;
  const about = row['exact'] === true ? '' : 'about ';
  const text = `${about}${used} of ${max} used (${amountText(value, 'percent')})`;
  return [measured('connections', { value, by: 'postgres.connections', text })];
}

function transactionLines(row: JsonObject, { seesOthers }: { seesOthers: boolean }): Line[] {
  if (!seesOthers)
    return ['longest transaction', 'idle in transaction', 'waiting for locks'].map(check =>
      notChecked(check, needsMonitor),
    );
  const blocked = Number(row['blocked'] ?? Number.NaN);
  return [
    sessionLine('longest transaction', memberOf(row, 'oldest'), 'postgres.transaction'),
    sessionLine('idle in transaction', memberOf(row, 'idle'), 'postgres.idleInTransaction'),
    measured('waiting for locks', {
      value: blocked,
      by: 'postgres.blocked',
      text: blocked === 0 ? 'no session' : `${blocked} session${blocked === 1 ? '' : 's'}`,
    }),
  ];
}

function sessionLine(
  check: string,
  session: JsonObject | undefined,
  by: 'postgres.transaction' | 'postgres.idleInTransaction',
): Line {
  if (session === undefined) return { check, level: 'ok', text: 'none' };
  const value = Number(session['seconds'] ?? Number.NaN);
  const who = [
    `pid ${Number(session['pid'])}`,
    `user ${cleanLine(textOf(session, 'user'), nameChars)}`,
    `database ${cleanLine(textOf(session, 'database'), nameChars)}`,
    ...(textOf(session, 'application') === ''
      ? []
      : [`application ${cleanLine(textOf(session, 'application'), nameChars)}`]),
  ];
  return measured(check, { value, by, text: `${amountText(value, 'seconds')} (${who.join(', ')})` });
}

function archiverLines(row: JsonObject): Line[] {
  const check = 'WAL archiving';
  const mode = textOf(row, 'mode');
  if (mode === 'off')
    return [{ check, level: 'note', text: 'archive_mode is off: no point in time but that of a backup' }];
  if (row['standby'] === true && mode !== 'always')
    return [{ check, level: 'note', text: 'a standby archives nothing (archive_mode is on)' }];
  if (row['commanded'] !== true)
    return [
      {
        check,
        level: 'critical',
        text: 'archive_mode is on, and neither archive_command nor archive_library is set',
        source: 'WAL stays and fills the disk',
      },
    ];
  const [archived, failed] = [Number(row['archived']), Number(row['failed'])];
  const counts = `${archived} segments archived, ${failed} failed`;
  const last = row['seconds'];
  const since =
    typeof last === 'number' ? `the last went well ${amountText(last, 'seconds')} ago` : 'none went well yet';
  if (row['failing'] === true)
    return [
      {
        check,
        level: 'critical',
        text: `fails at ${cleanLine(textOf(row, 'failedWal'), nameChars)}; ${since}; ${counts}`,
        source: 'a failure since the last success: WAL stays and fills the disk',
      },
    ];
  return [{ check, level: 'ok', text: `${since}; ${counts}` }];
}

function wraparoundLines(row: JsonObject): Line[] {
  return (['xids', 'multixacts'] as const).map(kind => {
    const oldest = memberOf(row, kind);
    const value = Number(oldest?.['age'] ?? Number.NaN);
    return measured(kind === 'xids' ? 'wraparound' : 'wraparound of multixacts', {
      value,
      by: 'postgres.xidAge',
      text: `age ${amountText(value, 'count')} of database ${cleanLine(textOf(oldest, 'name'), nameChars)}`,
    });
  });
}

function tableLines(row: JsonObject): Line[] {
  const check = 'dead tuples';
  const tables = listOf(row, 'tables').map(table => {
    const [live, dead] = [Number(table['live']), Number(table['dead'])];
    return { name: cleanLine(textOf(table, 'name'), nameChars), dead, share: (dead / (live + dead)) * 100 };
  });
  const [worst, ...others] = tables.toSorted((a, b) => b.share - a.share);
  if (worst === undefined) return [{ check, level: 'ok', text: 'no table has 10,000 rows' }];
  const also = others.filter(
    ({ share }) => levelOf(share, thresholds['postgres.deadTuples']) !== 'ok',
  ).length;
  return [
    measured(check, {
      value: worst.share,
      by: 'postgres.deadTuples',
      text: `${amountText(worst.share, 'percent')} of ${worst.name} (${amountText(worst.dead, 'count')} rows)${also === 0 ? '' : `, and ${also} more tables`}`,
    }),
  ];
}

function indexLines(row: JsonObject): Line[] {
  const names = textsIn(row['invalid']).map(name => cleanLine(name, nameChars));
  if (names.length === 0) return [{ check: 'indexes', level: 'ok', text: 'all are valid' }];
  const more = names.length > mostNamed ? ' and more' : '';
  return [
    {
      check: 'indexes',
      level: 'warning',
      text: `not valid, so no query uses them: ${names.slice(0, mostNamed).join(', ')}${more}`,
      source: 'a build that failed: DROP it and build it again',
    },
  ];
}

function checksumLines(row: JsonObject): Line[] {
  const check = 'checksums';
  if (row['on'] !== true)
    return [{ check, level: 'note', text: 'data_checksums is off: damage of pages stays unseen' }];
  const failures = Number(row['failures']);
  if (failures === 0) return [{ check, level: 'ok', text: 'no failure' }];
  return [
    {
      check,
      level: 'critical',
      text: `${failures} page${failures === 1 ? '' : 's'} failed`,
      source: 'any: data is damaged',
    },
  ];
}
