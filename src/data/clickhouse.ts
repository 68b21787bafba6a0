import type { ClickhouseReader } from '../clients/clickhouse/reader.ts';
import { type JsonObject, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import { type Line, notChecked, worstFirst } from './verdict.ts';

type AnswerTo = Awaited<ReturnType<ClickhouseReader['ask']>>;

const nameChars = 100;
const reasonChars = 200;
/** Not enough privileges. */
const accessDenied = 497;

const judges: readonly (readonly [
  question: Parameters<AnswerTo>[0],
  check: string,
  judge: (rows: readonly JsonObject[]) => Line[],
])[] = [
  ['replicas', 'replicas', replicaLines],
  ['parts', 'parts', partLines],
  ['disks', 'disks', diskLines],
  ['mutations', 'mutations', mutationLines],
];

/** What a ClickHouse server said of itself, judged. */
export function judgeClickhouse(answerTo: AnswerTo): { about: string; lines: Line[] } {
  const server = answerTo('server');
  const version = 'rows' in server ? textOf(server.rows[0], 'version') : '';
  return {
    about: `ClickHouse ${cleanLine(version, nameChars)}`,
    lines: judges.flatMap(([question, check, judge]) => {
      const answer = answerTo(question);
      return 'rows' in answer
        ? judge(answer.rows)
        : [notChecked(check, refusalText(question, answer.refused.code))];
    }),
  };
}

function refusalText(question: string, code: number | undefined): string {
  if (code === accessDenied) return `needs SELECT on system.${question}`;
  return code === undefined ? 'what came is no answer' : `the server refused with code ${code}`;
}

function tableName(row: JsonObject): string {
  return cleanLine(`${textOf(row, 'database')}.${textOf(row, 'table')}`, nameChars);
}

function replicaLines(rows: readonly JsonObject[]): Line[] {
  const check = 'replicas';
  if (rows.length === 0) return [{ check, level: 'note', text: 'no table is replicated' }];
  const lines = rows.flatMap((row): Line[] => {
    const [delay, queue] = [Number(row['delay']), Number(row['queue'])];
    const text = `${tableName(row)}: ${amountText(delay, 'seconds')} behind, ${amountText(queue, 'count')} in its queue`;
    if (Number(row['readonly']) === 1)
      return [
        {
          check,
          level: 'critical',
          text: `${text}, read only`,
          source: 'any: its ZooKeeper or Keeper is lost to it',
        },
      ];
    return [
      measured(check, { value: delay, by: 'clickhouse.delay', text }),
      measured(check, { value: queue, by: 'clickhouse.queue', text }),
    ];
  });
  const bad = worstFirst(lines).filter(({ level }) => level !== 'ok');
  return bad.length > 0
    ? bad
    : [{ check, level: 'ok', text: 'none is read only, behind or has a long queue' }];
}

function partLines(rows: readonly JsonObject[]): Line[] {
  const [most] = rows;
  if (most === undefined) return [{ check: 'parts', level: 'ok', text: 'there are none' }];
  const value = Number(most['parts']);
  const where = `${tableName(most)}, partition ${cleanLine(textOf(most, 'partition'), nameChars)}`;
  return [
    measured('parts', {
      value,
      by: 'clickhouse.parts',
      text: `${amountText(value, 'count')} at most, in ${where}`,
    }),
  ];
}

function diskLines(rows: readonly JsonObject[]): Line[] {
  const lines = rows.map(row => {
    const [free, total] = [Number(row['free']), Number(row['total'])];
    const value = (free / total) * 100;
    const name = cleanLine(textOf(row, 'name'), nameChars);
    const text = `${name}: ${amountText(free, 'bytes')} of ${amountText(total, 'bytes')} free (${amountText(value, 'percent')})`;
    return measured('disks', { value, by: 'clickhouse.free', text });
  });
  if (lines.length === 0) return [notChecked('disks', 'the server names none')];
  const bad = worstFirst(lines).filter(({ level }) => level !== 'ok');
  return bad.length > 0 ? bad : lines.slice(0, 1);
}

function mutationLines(rows: readonly JsonObject[]): Line[] {
  const check = 'mutations';
  if (rows.length === 0) return [{ check, level: 'ok', text: 'none fails' }];
  return rows.map(row => ({
    check,
    level: 'warning',
    text: `${tableName(row)}: ${cleanLine(textOf(row, 'id'), nameChars)} fails: ${cleanLine(textOf(row, 'reason'), reasonChars)}`,
    source: 'any: it is tried again and again, and those behind it wait',
  }));
}
