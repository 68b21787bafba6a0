// A worker over a Vigie of its own that kills itself: the file of its configuration, where it tells what it does, how far its
// clocks are ahead, after how many points it dies and how many milliseconds behind that one. A point is a write of the
// journal or a call, before it and after it, or a run that was claimed.
import { openSync, writeSync } from 'node:fs';
import { buildVigie } from '../../../src/app.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Journal } from '../../../src/core/journal.ts';
import { workDispatched } from '../../../src/engine/dbos/dispatched-worker.ts';
import { work } from '../../../src/engine/interpreter/worker.ts';
import { openJournal, surroundingsOf } from '../../../src/runs.ts';
import { openPostgresJournal } from '../../../src/store/journal/postgres/postgres-journal.ts';

const [configFile = '', told = '', aheadMs = '0', points = '0', delayMs = '0'] = process.argv.slice(2);
const file = openSync(told, 'a');
const now = (): number => Date.now() + Number(aheadMs);
let passed = 0;

/** What another process reads is there before anything else happens. */
function tell(...words: string[]): void {
  writeSync(file, `${words.join(' ')}\n`);
}

function point(): void {
  passed += 1;
  if (passed !== Number(points)) return;
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL');
    // Until the signal is there.
    for (;;);
  };
  if (delayMs === '0') die();
  setTimeout(die, Number(delayMs));
}

const writing = ['record', 'hold', 'park', 'finish', 'take', 'request'];
const taking = ['claim', 'adopt'];

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
        if (key === 'record') tell('kept', JSON.stringify(given[1]));
        // Whoever looks in vain for work is nowhere.
        if (!takes || (Array.isArray(answer) ? answer.length > 0 : answer !== undefined)) point();
        return answer;
      };
    },
  });
}

const vigie = await buildVigie(
  { door: 'cli', configFile },
  { version: '0.0.0', env: process.env, self: [], now: () => new Date(now()) },
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
    failed: (run: string, error: unknown) => tell('failed', run, String(error).replaceAll('\n', ' ')),
    around: {
      ...around,
      now,
      call: async (call: Parameters<typeof around.call>[0]) => {
        tell('call', JSON.stringify({ tool: call.tool, input: call.input, change: call.changeId ?? null }));
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
