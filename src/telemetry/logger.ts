import { screenJson } from '../core/screen-text.ts';

/** For operators, on stderr, one JSON object a line that no terminal obeys; stdout belongs to the protocol. */
export interface Logger {
  error(event: string, facts?: Record<string, unknown>): void;
  warn(event: string, facts?: Record<string, unknown>): void;
  info(event: string, facts?: Record<string, unknown>): void;
  /** Facts are a function, so that they cost nothing when off. */
  debug(event: string, facts?: () => Record<string, unknown>): void;
}

const order = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof order)[number];

/** `write` gets each finished line; what it is given must be redacted already or hold no cluster data. */
export function createLogger(level: LogLevel, write: (line: string) => void): Logger {
  const most = order.indexOf(level);
  function emit(at: LogLevel, event: string, facts: Record<string, unknown>): void {
    if (order.indexOf(at) > most) return;
    const line = JSON.stringify({ time: new Date().toISOString(), level: at, event, ...facts });
    write(`${screenJson(line)}\n`);
  }
  return {
    error: (event, facts = {}) => emit('error', event, facts),
    warn: (event, facts = {}) => emit('warn', event, facts),
    info: (event, facts = {}) => emit('info', event, facts),
    debug: (event, facts) => {
      if (most >= order.indexOf('debug')) emit('debug', event, facts?.() ?? {});
    },
  };
}
