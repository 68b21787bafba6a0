import { cleanLine } from '../../core/text.ts';
import { type Ended, stderrBytes } from '../../processes/runner.ts';

// Of a database that no superuser restores. None of these makes rows of a dump.
const madePattern =
  /^(?:CREATE|ALTER) (?:OR REPLACE )?(?:EXTENSION|EVENT TRIGGER|FOREIGN DATA WRAPPER|SERVER|USER MAPPING|FOREIGN TABLE|PUBLICATION|SUBSCRIPTION|(?:TRUSTED )?(?:PROCEDURAL )?LANGUAGE) /u;
const refusedPattern = /: ERROR: {2}(?:permission denied|must be (?:superuser|owner)|.* does not exist$)/iu;
const commandStart = 'Command was: ';
const commandChars = 120;

/**
 * What pg_restore could not make because only a superuser may, from its complaints in English. Undefined: something else
 * failed too, or not all of what it said is known. What a message pretends to be cannot hide what pg_restore adds to it.
 */
export function leftOutOf({ code, cut, stderr }: Ended): string[] | undefined {
  if (code !== 1 || cut !== undefined || Buffer.byteLength(stderr) >= stderrBytes) return undefined;
  const left: string[] = [];
  for (const complaint of `\n${stderr}`.split('\npg_restore: error: ').slice(1)) {
    const [first = '', ...lines] = complaint.split('\n');
    const commands = lines.filter(line => line.startsWith(commandStart));
    const made = commands.map(line => line.slice(commandStart.length));
    if (!refusedPattern.test(first) || made.length === 0 || !made.every(each => madePattern.test(each)))
      return undefined;
    left.push(cleanLine(made[0] ?? '', commandChars));
  }
  const told = /^pg_restore: warning: errors ignored on restore: (\d+)$/mu.exec(stderr)?.[1];
  return left.length > 0 && told === String(left.length) ? left : undefined;
}
