// A worker over a Vigie of its own that kills itself. It loads its code, waits for a line that says how it is to live (life.ts),
// and dies with whoever started it.
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { buildVigie } from '../../../src/app.ts';
import { VigieError } from '../../../src/core/errors.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Journal } from '../../../src/core/journal.ts';
import { textOf } from '../../../src/core/json.ts';
import { workDispatched } from '../../../src/engine/dbos/dispatched-worker.ts';
import { work } from '../../../src/engine/interpreter/worker.ts';
import { openJournal, surroundingsOf } from '../../../src/runs.ts';
import { openPostgresJournal } from '../../../src/store/journal/postgres/postgres-journal.ts';
import type { Life } from './life.ts';

flushCompileCache();
const [line]: unknown[] = await once(process.stdin, 'data');
process.stdin.once('end', () => process.exit());
const { configFile, home, told, aheadMs, points, delayMs }: Life = JSON.parse(String(line));
const file = openSync(told, 'a');
const now = (): number => Date.now() + aheadMs;
let passed = 0;

/** What another process reads is there before anything else happens. */
function tell(...words: string[]): void {
  writeSync(file, `${words.join(' ')}\n`);
}

function point(): void {
  passed += 1;
  if (passed !== points) return;
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL');
    // Until the signal is there.
    for (;;);
  };
  if (delayMs === 0) die();
  setTimeout(die, delayMs);
}

const writing = ['record', 'hold', 'park', 'finish', 'take', 'request'];
const taking = ['claim', 'adopt'];

function tellKept([lease, records]: unknown[]): void {
  tell('kept', JSON.stringify({ run: textOf(lease, 'run'), records }));
}

/** The journal, with its points; what it said is kept is told of. */
function mortal<T extends Journal>(journal: T): T {
  return new Proxy(journal, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      const does = value.bind(target);
      const takes = taking.includes(String(key));
      if (!takes && !writing.includes(String(key))) return does;
      return async (...given: unknown[]): Promise<unknown> => {
        if (!takes) point();
        const answer: unknown = await does(...given);
        if (key === 'record') tellKept(given);
        // What was loaded late is compiled once for all that come after.
        if (key === 'finish') flushCompileCache();
        // Whoever looks in vain for work is nowhere.
        if (!takes || (Array.isArray(answer) ? answer.length > 0 : answer !== undefined)) point();
        return answer;
      };
    },
  });
}

const vigie = await buildVigie(
  { door: 'cli', configFile },
  {
    version: '0.0.0',
    env: { ...process.env, VIGIE_HOME: home, VIGIE_CONFIG: configFile },
    self: [],
    now: () => new Date(now()),
  },
);
const place = await vigie.storePlace();
const stop = new AbortController();
const jobWith = <T extends Journal>(journal: T) => {
  const around = surroundingsOf(vigie, {
    journal,
    definitionOf: async name => {
      throw new Error(`no playbook ${name} is called here`);
    },
  });
  return {
    name: newId(),
    journal,
    most: 4,
    signal: stop.signal,
    failed: (run: string, error: unknown) => {
      // What a busy machine brings is tried again.
      if (error instanceof VigieError && error.retryable) return;
      tell('failed', run, String(error).replaceAll('\n', ' '));
    },
    around: {
      ...around,
      now,
      call: async (call: Parameters<typeof around.call>[0]) => {
        const { run, tool, input, changeId = null } = call;
        tell('call', JSON.stringify({ run: run.id, tool, input, change: changeId }));
        point();
        const answer = await around.call(call);
        point();
        return answer;
      },
    },
  };
};
tell('began');
if ('postgres' in place) {
  const journal = await openPostgresJournal({ url: place.postgres, clock: now });
  await workDispatched({ ...jobWith(mortal(journal)), url: place.postgres });
} else await work(jobWith(mortal(await openJournal(vigie))));
