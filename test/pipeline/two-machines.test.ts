import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { openJournal, openRuns } from '../../src/runs.ts';
import { postgresPrograms, type RealPostgres, unlessNoPostgres } from '../integrations/support/postgres.ts';
import {
  agent,
  allowEverything,
  approveIn,
  askEverything,
  idOf,
  startVigie,
  type TestVigie,
} from '../support/start-vigie.ts';
import { endStoreServer, newDatabase, startStoreServer } from '../support/store-server.ts';

// Two machines: each with a home and a configuration of its own that are copies, and one store.

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

type Machine = Pick<TestVigie, 'vigie' | 'call' | 'approve'>;

/** Another machine: its own home and configuration, which are copies of those of `one`. `spoil`: what differs there. */
async function copyOf(one: TestVigie, spoil: (dir: string) => void = () => undefined): Promise<Machine> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const each of ['config', 'data/keys'])
    cpSync(join(one.dir, each), join(dir, each), { recursive: true });
  spoil(dir);
  const configFile = join(dir, 'config', 'vigie.yaml');
  const env = { ...one.env, VIGIE_HOME: join(dir, 'data'), VIGIE_CONFIG: configFile };
  const around = { version: '0.0.0', env, self: [], now: () => new Date() };
  return machineOf(await buildVigie({ door: 'cli', configFile }, around), one);
}

function machineOf(vigie: Vigie, { key }: TestVigie): Machine {
  const { signal } = new AbortController();
  onTestFinished(() => vigie.close());
  return {
    vigie,
    call: (tool, input) => runTool(vigie, { tool, input, actor: agent, signal, budgetBytes: 40_000 }),
    approve: id => approveIn(vigie, { id, person: 'alice', key }),
  };
}

describe.skipIf(postgresPrograms() === undefined)(`two machines with one store${unlessNoPostgres()}`, () => {
  let server: RealPostgres;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  async function start(
    policy: string,
  ): Promise<{ one: TestVigie; two: Machine; sql: (text: string) => string }> {
    const { url, sql } = newDatabase(server);
    const one = await startVigie({ policy, store: url });
    onTestFinished(() => one.stop());
    return { one, two: await copyOf(one), sql: text => sql(`set search_path = vigie; ${text}`) };
  }

  test('a ticket of one is approved on the other, and both tell the same of it', async () => {
    const { one, two } = await start(askEverything);
    const asked = await one.call('k8s_scale', { target: web, replicas: 5 });
    expect(asked.status, asked.text).toBe('approval_required');
    const done = await two.approve(idOf(asked));
    expect(done.status, done.text).toBe('done');
    const told = await one.call('changes_get', { id: idOf(asked) });
    expect(told.data).toMatchObject({ state: 'done', decidedBy: 'alice' });
    expect(await proveAudit(one.vigie)).toMatchObject({ ok: true });
    // Sealed on one, opened on the other.
    const undo = await two.call('changes_undo', { id: idOf(asked) });
    expect((await one.approve(idOf(undo))).status).toBe('done');
  });

  test('a machine with another key is refused by the runs as by the store, and takes nothing of them', async () => {
    const { one } = await start(allowEverything);
    const definitionOf = () => Promise.reject(new Error('nothing calls here'));
    const runs = await openRuns(one.vigie, { definitionOf });
    onTestFinished(() => runs.close());
    await runs.journal.putDefinition('digest', 'text');
    const run = {
      id: 'mine0000',
      name: 'grow',
      environment: 'test',
      digest: 'digest',
      input: {},
      startedBy: {},
    };
    await runs.journal.start(run);
    const stranger = await copyOf(one, dir => rmSync(join(dir, 'data/keys/installation.key')));
    const refused = { code: 'STORE', message: expect.stringContaining('another installation key') };
    // A worker, triggers, and all commands about runs begin with the first; assistants with the second.
    await expect(openRuns(stranger.vigie, { definitionOf })).rejects.toMatchObject(refused);
    await expect(stranger.vigie.playbooks().then(desk => desk.runs({ max: 5 }))).rejects.toMatchObject(
      refused,
    );
    await expect(openJournal(stranger.vigie)).rejects.toMatchObject(refused);
    expect(await runs.journal.get(run.id)).toMatchObject({ status: 'ready', steps: [] });
    // The same key elsewhere is the same installation.
    const two = await copyOf(one);
    const theirs = await openRuns(two.vigie, { definitionOf });
    onTestFinished(() => theirs.close());
    expect(await theirs.journal.get(run.id)).toMatchObject({ status: 'ready' });
  });

  test('what is allowed on both is one budget, and one kill switch stops both', async () => {
    const { one, two } = await start(
      '{low: allow, medium: allow, high: allow, budget: {automaticPerHour: 2}}',
    );
    expect((await one.call('k8s_scale', { target: web, replicas: 3 })).status).toBe('done');
    expect((await two.call('k8s_scale', { target: web, replicas: 4 })).status).toBe('done');
    expect((await one.call('k8s_scale', { target: web, replicas: 5 })).status).toBe('approval_required');
    const audit = { event: 'kill_switch_on', facts: {} } as const;
    const { settings } = await one.vigie.store();
    await settings.setKillSwitch({ on: true, by: 'bob', why: 'drill', audit });
    const stopped = await two.call('k8s_scale', { target: web, replicas: 6 });
    expect(stopped.text).toContain('kill switch');
    expect(stopped.status).not.toBe('done');
  });

  test('who changes both at once spends each place once', async () => {
    const { one, two } = await start(
      '{low: allow, medium: allow, high: allow, budget: {automaticPerHour: 3}}',
    );
    const asks = [one, two, one, two, one, two].map((machine, index) =>
      machine.call('k8s_apply', {
        manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${index}, namespace: shop}\n`,
      }),
    );
    const states = (await Promise.all(asks)).map(({ status }) => status).toSorted();
    expect(states).toEqual([...Array(3).fill('approval_required'), ...Array(3).fill('done')]);
    expect(await proveAudit(two.vigie)).toMatchObject({ ok: true });
  });

  test('a row that is dropped or a tail that is cut in the database is found on each', async () => {
    const { one, two, sql } = await start(allowEverything);
    await one.call('k8s_scale', { target: web, replicas: 3 });
    await two.call('k8s_scale', { target: web, replicas: 4 });
    const { hash, sequence } = await (await one.vigie.store()).audit.head();
    sql(`delete from audit where sequence = ${sequence}`);
    const { audit } = await two.vigie.store();
    expect(await audit.verify()).toMatchObject({ ok: true });
    expect(await audit.verify({ head: hash })).toMatchObject({ ok: false });
    sql('delete from audit where sequence = 2');
    expect(await proveAudit(one.vigie)).toMatchObject({ ok: false, sequence: 2 });
    expect(await proveAudit(two.vigie)).toMatchObject({ ok: false, sequence: 2 });
  });

  test('a machine with another installation key is refused, with what to do', async () => {
    const { one } = await start(askEverything);
    // Where none was copied there, it made its own.
    const stranger = await copyOf(one, dir => rmSync(join(dir, 'data', 'keys', 'installation.key')));
    const refused = await stranger.call('k8s_scale', { target: web, replicas: 3 });
    expect(refused.status).toBe('failed');
    expect(refused.text).toContain('another installation key');
    expect(refused.text).toContain('that of the other machines');
    expect(refused.text).not.toContain(server.password);
  });

  test('while the database is away changes are refused and reads go on, and then it is found again', async () => {
    const { one } = await start(allowEverything);
    const file = join(one.dir, 'config', 'store.url');
    const url = readFileSync(file, 'utf8');
    writeFileSync(file, url.replace(`:${server.port}/`, ':1/'));
    const machine = machineOf(await one.reopen(), one);
    expect((await machine.call('k8s_get', { target: web })).status).toBe('answered');
    const refused = await machine.call('k8s_scale', { target: web, replicas: 3 });
    expect(refused.status).toBe('failed');
    expect(refused.text).toContain('nothing answers there');
    writeFileSync(file, url);
    expect((await machine.call('k8s_scale', { target: web, replicas: 3 })).status).toBe('done');
  });

  test('a process goes on with reads alone once vigie.yaml names another store', async () => {
    const { one } = await start(allowEverything);
    const text = readFileSync(one.configFile, 'utf8');
    writeFileSync(one.configFile, text.replace(/^store: .*$/m, ''), { mode: 0o600 });
    const refused = await one.call('k8s_scale', { target: web, replicas: 3 });
    expect(refused.text).toContain('names another store than when this process began');
    expect((await one.call('k8s_get', { target: web })).status).toBe('answered');
  });
});
