/** How grave a line says it is; undefined levels are `other`. The order is the one in which they are shown. */
export const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'other'] as const;

export type Level = (typeof levels)[number];

const byWord = new Map<string, Level>(
  Object.entries({
    fatal: 'fatal',
    panic: 'fatal',
    emerg: 'fatal',
    emergency: 'fatal',
    alert: 'fatal',
    critical: 'fatal',
    crit: 'fatal',
    error: 'error',
    err: 'error',
    eror: 'error',
    severe: 'error',
    warning: 'warn',
    warn: 'warn',
    notice: 'info',
    info: 'info',
    information: 'info',
    log: 'info',
    debug: 'debug',
    trace: 'debug',
    verbose: 'debug',
  } satisfies Record<string, Level>),
);

// A level stands near the start, after a time and a name or two; further on the word is part of what is said.
const headChars = 80;
// As most programs write it: alone or in brackets, in capitals or marked as a level.
const marked = /(?:\blevel|\blvl|\bseverity)["']?\s*[=:]\s*["']?([A-Za-z]+)/;
const bracketed =
  /(?:^|[\s[(<|])(FATAL|PANIC|EMERG|ALERT|CRITICAL|CRIT|SEVERE|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE|LOG)(?=[\s\]):>|]|$)|[[<(](fatal|panic|emerg|alert|critical|crit|error|err|warning|warn|notice|info|debug|trace)[\]>)]/;
const klog = /^([FEWI])\d{4} \d\d:\d\d:\d\d/;
const thrown =
  /^(?:Traceback \(most recent call last\)|Exception in thread|Caused by: |Unhandled |[\w.$]+(?:Error|Exception)\b|error: )/;
const fatal = /^(?:panic|fatal)(?: error)?: /i;
const named = /^(error|warning|warn|info|notice|debug)(?:\[\d+\])?: /i;
const leadingTime = /^[[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d[^\s\])]{0,16}[\])]?[ ,|-]{1,4}/;
// `… HTTP/1.1" 502 …`: what an access log tells of how a request ended.
const access = / HTTP\/\d(?:\.\d)?" (\d{3})\b/;

/** The level that a word of a program stands for. */
export function levelNamed(word: string): Level | undefined {
  return byWord.get(word.toLowerCase());
}

/** What a level field holds: a word, or a number as pino and bunyan write it (10 trace … 60 fatal). */
export function levelIn(value: unknown): Level | undefined {
  if (typeof value === 'string') return levelNamed(value.trim());
  if (typeof value !== 'number' || value < 10 || value > 60) return undefined;
  if (value >= 60) return 'fatal';
  if (value >= 50) return 'error';
  if (value >= 40) return 'warn';
  return value >= 30 ? 'info' : 'debug';
}

/** How the end of a request is judged: the server's own fault is an error, the caller's a warning. */
export function levelOfStatus(status: number): Level {
  if (status >= 500) return 'error';
  return status >= 400 ? 'warn' : 'info';
}

/** The line without the time it may begin with. */
export function withoutLeadingTime(text: string): string {
  return text.replace(leadingTime, '');
}

/** The level of a plain line. */
export function levelOfLine(text: string): Level {
  const head = withoutLeadingTime(text.slice(0, headChars));
  const short = klog.exec(head)?.[1];
  if (short !== undefined)
    return ({ F: 'fatal', E: 'error', W: 'warn' }[short] as Level | undefined) ?? 'info';
  const word = marked.exec(head)?.[1];
  const byField = word === undefined ? undefined : levelNamed(word);
  if (byField !== undefined) return byField;
  const [, capital, small] = bracketed.exec(head) ?? [];
  const found = levelNamed(capital ?? small ?? '');
  if (found !== undefined) return found;
  if (fatal.test(head)) return 'fatal';
  const prefix = levelNamed(named.exec(head)?.[1] ?? '');
  if (prefix !== undefined) return prefix;
  if (thrown.test(head)) return 'error';
  const status = access.exec(text)?.[1];
  return status === undefined ? 'other' : levelOfStatus(Number(status));
}

/** True where a line is as grave as asked for, or graver; what says no level is not. */
export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(least);
}
