import scripts from './log-scripts.json' with { type: 'json' };

/** Draws of one log line: the same line draws the same whenever it is asked for. */
export interface Draws {
  /** A whole number from 0 up to, not including, `below`. */
  number(below: number): number;
}

/**
 * What programs of one sort write: a few lines when they start, then one about every `everyMs`. In a line `<iso>`,
 * `<seconds>`, `<clock>` and `<day>` stand for its time, `<2-31>` for a number, `<hex 8>` for digits, `<a|b>` for one of two.
 */
export interface LogScript {
  everyMs: number;
  start: readonly string[];
  info: readonly string[];
  warn: readonly string[];
  error: readonly string[];
  /** Last words of an instance that failed; one that the kernel killed has none. */
  failure: readonly string[];
  /** How it says what it cannot do without. */
  fatal?: string;
}

const named = new Map<string, LogScript>(Object.entries(scripts));

/** The script of a name; a name that no script has reads as the plain one. */
export function scriptNamed(name: string): LogScript {
  return named.get(name) ?? scripts.plain;
}

/** About one line in so many is a warning, one in four times as many an error. */
const warningOneIn = 40;

export function writeLine(script: LogScript, { draws, timeMs }: { draws: Draws; timeMs: number }): string {
  const draw = draws.number(warningOneIn * 4);
  const lines = script[draw === 0 ? 'error' : draw <= 4 ? 'warn' : 'info'];
  return pick(draws, lines).replaceAll(/<([^>]+)>/g, (_, what: string) => word(what, { draws, timeMs }));
}

/** Last words about what is missing. */
export function fatalLine({ fatal = 'fatal: <plain>' }: LogScript, message: string): string {
  return fatal.replace(/<(plain|quoted)>/, (_, how) => (how === 'plain' ? message : JSON.stringify(message)));
}

function word(what: string, { draws, timeMs }: { draws: Draws; timeMs: number }): string {
  const time = new Date(timeMs);
  const iso = time.toISOString();
  const times = { iso, seconds: iso.slice(0, 19), clock: iso.replace('T', ' ').slice(0, 23) };
  if (what === 'iso' || what === 'seconds' || what === 'clock') return times[what];
  if (what === 'day') return time.toUTCString().slice(5, 25);
  const [, from, to] = /^(\d+)-(\d+)$/.exec(what) ?? [];
  if (to !== undefined) return String(Number(from) + draws.number(Number(to) - Number(from) + 1));
  const [, digits] = /^hex (\d+)$/.exec(what) ?? [];
  if (digits === undefined) return pick(draws, what.split('|'));
  return Array.from({ length: Number(digits) }, () => draws.number(16).toString(16)).join('');
}

function pick(draws: Draws, choices: readonly string[]): string {
  return choices[draws.number(choices.length)] ?? '';
}
