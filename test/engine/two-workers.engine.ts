import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';
import { makeSharedHome } from './shared-home.ts';

const count = 12;
const reads = Array.from({ length: 15 }, (_, at) => `  - {id: read${at}, tool: k8s_list, with: {kind: Pod}}`);
const source = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: look, title: A trial}
steps:
${reads.join('\n')}
  - {id: pause, wait: {for: 1s}}
  - {id: last, tool: k8s_list, with: {kind: Pod}}
`;

describe.skipIf(postgresPrograms() === undefined)(`vigie worker on PostgreSQL${unlessNoPostgres()}`, () => {
  let server: Awaited<ReturnType<typeof startStoreServer>>;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  test('two processes on one database share the runs, and one goes on with what the other leaves when it is killed', async () => {
    const { home, journal, sql } = await makeSharedHome(server);
    const read = await readPlaybook(source);
    if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
    const { digest } = read;
    await journal.putDefinition(digest, source);
    const start = async (round: string): Promise<void> => {
      for (let run = 0; run < count; run += 1)
        await journal.start({
          id: `${round}${run}`,
          name: 'look',
          environment: 'box',
          digest,
          input: {},
          startedBy: {},
        });
    };
    const done = async (all: number): Promise<void> =>
      eventually(async () => expect(await journal.list({ status: 'done', max: 200 })).toHaveLength(all));
    const workers = [home.start('worker', '--most', '3'), home.start('worker', '--most', '3')];
    for (const worker of workers) onTestFinished(() => void worker.kill('SIGKILL'));
    const executors =
      "select count(distinct executor_id) from vigie_dbos.workflow_status where status = 'SUCCESS'";
    // One may be ready long before the other.
    let rounds = 0;
    do {
      rounds += 1;
      await start(`together${rounds}-`);
      await done(rounds * count);
    } while (sql(executors) !== '2' && rounds < 8);
    expect(sql(executors)).toBe('2');

    await start('alone');
    const [first] = workers;
    await eventually(async () =>
      expect((await journal.list({ status: 'running', max: 50 })).length).toBeGreaterThan(2),
    );
    first?.kill('SIGKILL');
    await done((rounds + 1) * count);
    for (const { id } of await journal.list({ max: 200 }))
      expect((await journal.get(id))?.steps.filter(({ state }) => state === 'done')).toHaveLength(18);
    // What the dead one had under way is ended in DBOS's own tables too.
    await eventually(async () =>
      expect(
        sql("select count(*) from vigie_dbos.workflow_status where status in ('PENDING', 'ENQUEUED')"),
      ).toBe('0'),
    );
    const [, second] = workers;
    if (second === undefined) throw new Error('there are two');
    second.kill('SIGTERM');
    const [status] = await once(second, 'exit');
    expect(status).toBe(0);
  });
});
