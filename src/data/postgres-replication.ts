import { type JsonObject, listOf, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { amountText, measured } from './measure.ts';
import { needsMonitor } from './needs-monitor.ts';
import { type Line, notChecked, worstFirst } from './verdict.ts';

const nameChars = 63;
/** Of those that are fine: the others are all told. */
const mostFine = 3;

/** Who streams from the server, and how far each is behind. */
export function replicationLines(row: JsonObject, { seesOthers }: { seesOthers: boolean }): Line[] {
  if (!seesOthers) return [notChecked('replication', needsMonitor)];
  const lines = listOf(row, 'standbys').flatMap(followerLines);
  const receiver = textOf(row, 'receiver');
  const upstream: Line[] =
    receiver === '' || receiver === 'streaming'
      ? []
      : [
          {
            check: 'WAL receiver',
            level: 'warning',
            text: `is ${cleanLine(receiver, nameChars)}`,
            source: 'it is to be streaming',
          },
        ];
  if (lines.length === 0)
    return [{ check: 'replication', level: 'note', text: 'nobody streams from it' }, ...upstream];
  const worst = worstFirst(lines);
  const fine = worst.filter(({ level }) => level === 'ok');
  return [...worst.filter(({ level }) => level !== 'ok'), ...fine.slice(0, mostFine), ...upstream];
}

function followerLines(standby: JsonObject): Line[] {
  const check = `replication to ${cleanLine(textOf(standby, 'name') || 'unnamed', nameChars)}`;
  const { bytes, seconds } = standby;
  const behind = [
    typeof bytes === 'number'
      ? `${amountText(Math.max(0, bytes), 'bytes')} behind`
      : 'it does not say how far behind',
    ...(typeof seconds === 'number' ? [amountText(seconds, 'seconds')] : []),
  ].join(', ');
  const text = `${cleanLine(textOf(standby, 'state'), nameChars)}, ${cleanLine(textOf(standby, 'sync'), nameChars)}, ${behind}`;
  // Whoever only fetches WAL says how far it got with the first segment that it has whole.
  const byBytes: Line =
    typeof bytes === 'number'
      ? measured(check, { value: bytes, by: 'postgres.lagBytes', text })
      : { check, level: 'note', text };
  const bySeconds =
    typeof seconds === 'number' ? [measured(check, { value: seconds, by: 'postgres.lagSeconds', text })] : [];
  return worstFirst([...bySeconds, byBytes]).slice(0, 1);
}

/** How far a standby is behind with what it has received; nothing on a primary. */
export function standbyLines(row: JsonObject): Line[] {
  if (row['standby'] !== true) return [];
  const { bytes, seconds } = row;
  const paused: Line[] =
    row['paused'] === true
      ? [
          {
            check: 'replay',
            level: 'warning',
            text: 'is paused',
            source: 'pg_wal_replay_resume() lets it go on',
          },
        ]
      : [];
  // One that is fed from an archive has received nothing, and one that was just started has replayed nothing.
  if (typeof seconds !== 'number')
    return [
      ...paused,
      { check: 'replay', level: 'note', text: 'it does not say how old its newest transaction is' },
    ];
  const text = `${amountText(seconds, 'seconds')} behind${typeof bytes === 'number' ? `, ${amountText(Math.max(0, bytes), 'bytes')} received and not yet replayed` : ''}`;
  return [...paused, measured('replay', { value: seconds, by: 'postgres.lagSeconds', text })];
}

/** What keeps WAL that nobody has read. */
export function slotLine(row: JsonObject): Line {
  const check = 'slots';
  const slots = listOf(row, 'slots');
  if (slots.length === 0) return { check, level: 'ok', text: 'there are none' };
  const lines = slots.map((slot): Line => {
    const value = Number(slot['bytes'] ?? 0);
    const wal = textOf(slot, 'wal');
    const used = slot['active'] === true ? 'in use' : 'used by nobody';
    const text = `${cleanLine(textOf(slot, 'name'), nameChars)} holds ${amountText(Math.max(0, value), 'bytes')} of WAL, ${used}`;
    if (wal === 'lost' || wal === 'unreserved')
      return {
        check,
        level: 'critical',
        text: `${text}; its WAL is ${wal}`,
        source: 'past max_slot_wal_keep_size: whoever reads it must be made anew',
      };
    return measured(check, { value, by: 'postgres.slotBytes', text });
  });
  const [worst = { check, level: 'ok', text: '' }] = worstFirst(lines);
  return slots.length === 1 ? worst : { ...worst, text: `${worst.text} (the worst of ${slots.length})` };
}
