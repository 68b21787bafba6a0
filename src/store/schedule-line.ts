import { readDeeds, type Schedule } from '../core/backup-schedule.ts';
import { isObject, textIn, textsIn } from '../core/json.ts';
import { faultOfRhythm } from '../core/schedule-times.ts';
import { cleanLine } from '../core/text.ts';

/** Of what such a row may hold, told. */
const faultChars = 200;

/**
 * A line as the store has it, and why it is none: another hand may have written it, or a Node that knew a zone which this
 * one does not. Of one with a fault nothing may be reckoned.
 */
export function readLine(text: string): { schedule: Schedule; fault?: string } {
  const line = parsed(text);
  const does = isObject(line) ? readDeeds(textsIn(line['does'])) : undefined;
  if (!isObject(line) || does === undefined)
    return { schedule: { cron: '', timeZone: '', does: ['run'] }, fault: 'what stands there is no schedule' };
  const schedule = { cron: textIn(line['cron']), timeZone: textIn(line['timeZone']), does };
  const fault = faultOfRhythm(schedule);
  return { schedule, ...(fault === undefined ? {} : { fault: cleanLine(fault, faultChars) }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
