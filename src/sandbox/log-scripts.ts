/** Draws of one log line: the same line draws the same whenever it is asked for. */
export interface Draws {
  /** A whole number from 0 up to, not including, `below`. */
  number(below: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Lowercase hex digits, for ids. */
  hex(count: number): string;
}

/** What programs of one sort write: a few lines when they start, then one about every `everyMs`. */
export interface LogScript {
  everyMs: number;
  start: readonly string[];
  line(draws: Draws, timeMs: number): string;
  /** Last words of an instance that failed; one that the kernel killed has none. */
  failure: readonly string[];
  /** How it says what it cannot do without; absent: `fatal: …`. */
  fatal?: (message: string) => string;
}

/** About one line in so many is a warning, one in four times as many an error. */
const warningOneIn = 40;

type Level = 'info' | 'warn' | 'error';

function levelOf(draws: Draws): Level {
  const draw = draws.number(warningOneIn * 4);
  return draw === 0 ? 'error' : draw <= 4 ? 'warn' : 'info';
}

function isoAt(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

const pages = [
  '/',
  '/products/4411',
  '/products/802',
  '/cart',
  '/checkout',
  '/assets/app.js',
  '/search?q=lamp',
] as const;

const access: LogScript = {
  everyMs: 1_500,
  start: ['configuration file loaded', 'start worker processes', 'listening on 0.0.0.0:8080'],
  line(draws, timeMs) {
    const level = levelOf(draws);
    const status =
      level === 'error' ? 502 : level === 'warn' ? draws.pick([404, 499]) : draws.pick([200, 200, 200, 304]);
    const time = isoAt(timeMs).slice(0, 19);
    const seconds = ((level === 'error' ? 3_000 : 4) + draws.number(90)) / 1_000;
    return `10.42.0.${2 + draws.number(30)} - - [${time}Z] "GET ${draws.pick(pages)} HTTP/1.1" ${status} ${draws.number(20_000)} ${seconds.toFixed(3)}`;
  },
  failure: ['[emerg] worker process exited on signal 11'],
};

const jsonService: LogScript = {
  everyMs: 2_000,
  start: [
    '{"level":"info","msg":"starting","version":"1"}',
    '{"level":"info","msg":"connected to database","pool":10}',
    '{"level":"info","msg":"listening","port":8080}',
  ],
  line(draws, timeMs) {
    const level = levelOf(draws);
    const common = { time: isoAt(timeMs), level, trace: draws.hex(16) };
    if (level === 'error') {
      return JSON.stringify({
        ...common,
        msg: 'request failed',
        path: '/orders',
        status: 500,
        error: 'upstream timed out after 3000 ms',
      });
    }
    if (level === 'warn') {
      return JSON.stringify({
        ...common,
        msg: 'slow query',
        table: draws.pick(['orders', 'customers']),
        ms: 800 + draws.number(1_500),
      });
    }
    const path = draws.pick(['/orders', '/orders/8123', '/customers/77', '/prices', '/stock/4411']);
    return JSON.stringify({
      ...common,
      msg: 'request',
      method: draws.pick(['GET', 'GET', 'POST']),
      path,
      status: 200,
      ms: 3 + draws.number(60),
    });
  },
  failure: ['{"level":"fatal","msg":"unhandled rejection","error":"connection to the database was lost"}'],
  fatal: message => JSON.stringify({ level: 'fatal', msg: message }),
};

const java: LogScript = {
  everyMs: 6_000,
  start: ['INFO  main Application - starting', 'INFO  main Application - started in 4.812 seconds'],
  line(draws, timeMs) {
    const level = levelOf(draws);
    const prefix = `${isoAt(timeMs).replace('T', ' ').slice(0, 23)} ${level.toUpperCase().padEnd(5)} [worker-${draws.number(8)}]`;
    if (level === 'error')
      return `${prefix} CatalogService - java.net.SocketTimeoutException: Read timed out`;
    if (level === 'warn') return `${prefix} Pool - ${8 + draws.number(3)} of 10 connections in use`;
    return `${prefix} CatalogService - ${draws.pick(['loaded', 'indexed', 'refreshed'])} ${20 + draws.number(400)} products in ${5 + draws.number(80)} ms`;
  },
  failure: [
    'Exception in thread "main" java.lang.IllegalStateException: index is locked',
    '\tat shop.Index.open(Index.java:88)',
  ],
  fatal: message => `Exception in thread "main" java.lang.IllegalStateException: ${message}`,
};

const worker: LogScript = {
  everyMs: 4_000,
  start: ['worker ready, queues: orders, mails'],
  line(draws, timeMs) {
    const level = levelOf(draws);
    const job = `job=${draws.hex(8)}`;
    if (level === 'error')
      return `${isoAt(timeMs)} ERROR ${job} failed for the third time, moved to the dead letters`;
    if (level === 'warn')
      return `${isoAt(timeMs)} WARN ${job} failed, retry in ${draws.pick([10, 30, 60])} s`;
    return `${isoAt(timeMs)} INFO ${job} ${draws.pick(['order-confirmation', 'invoice', 'thumbnail'])} done in ${20 + draws.number(900)} ms`;
  },
  failure: ['FATAL cannot reach the queue: connection refused'],
};

const batch: LogScript = {
  everyMs: 2_500,
  start: ['reading orders'],
  line: (draws, timeMs) => `${isoAt(timeMs)} ${100 + draws.number(900)} rows written`,
  failure: ['error: the report could not be written'],
};

const postgres: LogScript = {
  everyMs: 45_000,
  start: [
    'LOG:  starting PostgreSQL 17.5',
    'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
    'LOG:  database system is ready to accept connections',
  ],
  line(draws, timeMs) {
    const time = `${isoAt(timeMs).replace('T', ' ').slice(0, 23)} UTC [${60 + draws.number(400)}]`;
    const level = levelOf(draws);
    if (level === 'error') return `${time} ERROR:  deadlock detected`;
    if (level === 'warn')
      return `${time} LOG:  checkpoints are occurring too frequently (${12 + draws.number(15)} seconds apart)`;
    const buffers = 40 + draws.number(900);
    return `${time} LOG:  checkpoint complete: wrote ${buffers} buffers (${(buffers / 163.84).toFixed(1)}%)`;
  },
  failure: ['LOG:  received fast shutdown request', 'FATAL:  the database system is shutting down'],
};

const redis: LogScript = {
  everyMs: 60_000,
  start: ['# Server initialized', '* Ready to accept connections tcp'],
  line(draws, timeMs) {
    const time = new Date(timeMs).toUTCString().slice(5, 25);
    if (levelOf(draws) !== 'info')
      return `1:M ${time} # Asynchronous AOF fsync is taking too long (disk is busy?)`;
    return `1:M ${time} * ${draws.pick([`${100 + draws.number(300)} changes in 60 seconds. Saving...`, 'Background saving terminated with success'])}`;
  },
  failure: ['# Out of memory allocating 131072 bytes'],
};

const logfmt: LogScript = {
  everyMs: 15_000,
  start: ['level=info msg="starting"', 'level=info msg="server is ready to receive requests"'],
  line(draws, timeMs) {
    const level = levelOf(draws);
    const message =
      level === 'error'
        ? 'msg="scrape failed" target=fraud-check err="context deadline exceeded"'
        : level === 'warn'
          ? `msg="slow scrape" seconds=${2 + draws.number(7)}`
          : `msg="${draws.pick(['block written', 'rules evaluated', 'targets refreshed'])}" count=${1 + draws.number(500)}`;
    return `ts=${isoAt(timeMs)} level=${level} ${message}`;
  },
  failure: ['level=error msg="opening storage failed" err="lock is held by another process"'],
};

const plain: LogScript = {
  everyMs: 30_000,
  start: ['started'],
  line(draws, timeMs) {
    const level = levelOf(draws);
    if (level === 'error') return `${isoAt(timeMs)} error: request to the API server failed, will retry`;
    if (level === 'warn') return `${isoAt(timeMs)} warning: watch closed, opening it again`;
    return `${isoAt(timeMs)} ${draws.pick(['synced', 'reconciled', 'heartbeat sent'])} in ${1 + draws.number(40)} ms`;
  },
  failure: ['fatal: cannot go on'],
};

const scripts = new Map<string, LogScript>(
  Object.entries({
    access,
    'json-service': jsonService,
    java,
    worker,
    batch,
    postgres,
    redis,
    logfmt,
    plain,
  }),
);

/** The script of a name; a name that no script has reads as the plain one. */
export function scriptNamed(name: string): LogScript {
  return scripts.get(name) ?? plain;
}
