// A worker of runs on PostgreSQL, with so many at once, whose calls answer nothing after so many milliseconds: `claimed` looks for runs by itself, `dispatched` goes by
// DBOS. `bare` is DBOS's own: workflows of a queue, with so many steps that answer the same. It says `ready`.
import { setTimeout as pause } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { workDispatched } from '../../src/engine/dbos/dispatched-worker.ts';
import { work } from '../../src/engine/interpreter/worker.ts';
import { openPostgresJournal } from '../../src/store/journal/postgres/postgres-journal.ts';
import { k8sGet } from '../../src/tools/k8s/get.ts';

const [, , way, url = '', stepsEach = '', runs = '', most = '', callMs = ''] = process.argv;
const name = `${way}-${process.pid}`;
const say = (word: string): void => void process.stdout.write(`${word}\n`);
const answer = { status: 'answered', data: { name: 'x' }, text: '' } as const;

if (way === 'bare') {
  const silent = (): void => undefined;
  DBOS.setConfig({
    name: 'bare',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: 30,
    // Else it sends a setting ahead on each new connection, and pg warns of the statement behind it.
    systemDatabaseIdleTransactionTimeoutMs: 0,
    systemDatabaseSchemaName: 'bare',
    applicationVersion: '1',
    executorID: name,
    logger: { info: silent, debug: silent, warn: silent, error: say },
  });
  const workflow = DBOS.registerWorkflow(
    async () => {
      for (let step = 0; step < Number(stepsEach); step += 1)
        await DBOS.runStep(async () => answer, { name: `step-${step}` });
    },
    { name: 'steps' },
  );
  await DBOS.launch();
  await DBOS.registerQueue('bare', { workerConcurrency: 50, minPollingIntervalMs: 100 });
  say('ready');
  // The first one is told how many to put into the queue.
  process.stdin.on('data', () => void measure());
  const measure = async (): Promise<void> => {
    const from = performance.now();
    const handles = await Promise.all(
      Array.from({ length: Number(runs) }, () => DBOS.startWorkflow(workflow, { queueName: 'bare' })()),
    );
    await Promise.all(handles.map(handle => handle.getResult({ pollingIntervalMs: 20 })));
    say(String(performance.now() - from));
  };
} else {
  const journal = await openPostgresJournal({ url });
  const job = {
    name,
    most: Number(most),
    signal: new AbortController().signal,
    failed: (run: string, error: unknown) => console.error(run, error),
    around: {
      journal,
      tools: new Map([[k8sGet.name, k8sGet]]),
      call: async () => {
        if (callMs !== '0') await pause(Number(callMs));
        return answer;
      },
      withdraw: async () => undefined,
      gates: {
        propose: async () => Promise.reject(new Error('nobody is asked')),
        end: async () => undefined,
      },
      runBehind: async () => undefined,
      recover: async () => undefined,
      now: () => journal.now(),
      newChangeId: () => 'none',
      definitionOf: async () => Promise.reject(new Error('no playbook is called')),
    },
  };
  say('ready');
  await (way === 'dispatched' ? workDispatched({ ...job, url, journal }) : work(job));
}
