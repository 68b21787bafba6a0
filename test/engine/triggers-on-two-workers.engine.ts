import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RunSummary } from '../../src/core/journal.ts';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';
import { makeSharedHome } from './shared-home.ts';
import { alertOf, groupOf, send, token } from './triggers/triggers-of.ts';

const alerts = 10;
const cron = '0 5 * * *';
const starts = {
  look: 'on: {alert: {match: alert.labels.alertname == "Broken", inputs: {}}}',
  daily: `on: {schedule: {cron: "${cron}"}}`,
};

/** Lines of vigie.yaml; the playbooks are written beside it. */
function triggersIn(dir: string): string {
  writeFileSync(join(dir, 'token'), `${token}\n`, { mode: 0o600 });
  for (const [name, on] of Object.entries(starts)) {
    const folder = join(dir, 'playbooks', name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const text = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: ${name}, title: A trial}
${on}
steps: [{id: see, tool: k8s_list, with: {kind: Deployment, namespace: shop}}]
`;
    writeFileSync(join(folder, 'playbook.yaml'), text, { mode: 0o600 });
  }
  return `playbooks: {directory: ${join(dir, 'playbooks')}, triggers: [${Object.keys(starts).join()}]}
triggers: {listen: "127.0.0.1:0", alerts: {main: {bearer: "file:${join(dir, 'token')}"}}}
`;
}

/** Where a worker listens, once it goes on with runs and sees to its schedules. */
async function urlOf(worker: ChildProcess): Promise<string> {
  let said = '';
  worker.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return eventually(() => {
    const found = /on (http:\S+)\./.exec(said)?.[1];
    if (found === undefined || !said.includes('Starting by itself')) throw new Error(`not yet: ${said}`);
    return found;
  });
}

describe.skipIf(postgresPrograms() === undefined)(`triggers on PostgreSQL${unlessNoPostgres()}`, () => {
  let server: Awaited<ReturnType<typeof startStoreServer>>;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  test('of two workers on one database, each of which hears every alert and sees every moment, one starts a run', async () => {
    const { home, journal } = await makeSharedHome(server, { more: triggersIn });
    // It was seen to two days ago, and no worker was there since: to both the newest moment is due at once.
    await journal.tick({ schedule: `daily/box ${cron} UTC`, at: Date.now() - 2 * 24 * 3_600_000 });
    const workers = [home.start('worker'), home.start('worker')];
    for (const worker of workers) onTestFinished(() => void worker.kill('SIGKILL'));
    const urls = await Promise.all(workers.map(urlOf));
    expect(new Set(urls).size).toBe(2);

    const runsOf = async (name: string): Promise<RunSummary[]> =>
      (await journal.list({ max: 100 })).filter(run => run.name === name);
    const told: string[] = [];
    for (let alert = 0; alert < alerts; alert += 1) {
      const fingerprint = (0xa0 + alert).toString(16);
      told.push(fingerprint);
      const group = groupOf(alertOf({ alertname: 'Broken', namespace: 'shop' }, { fingerprint }));
      const heard = await Promise.all(urls.map(url => send(`${url}/alerts/main`, group)));
      expect(heard.map(({ status }) => status)).toEqual([200, 200]);
      const sum = (word: 'started' | 'exists') => heard.reduce((all, { tally }) => all + tally[word], 0);
      expect({ started: sum('started'), exists: sum('exists') }).toEqual({ started: 1, exists: 1 });
    }
    await eventually(async () =>
      expect((await runsOf('look')).map(({ status }) => status)).toEqual(told.map(() => 'done')),
    );
    const started = (await runsOf('look')).map(({ startedBy }) => JSON.stringify(startedBy));
    for (const fingerprint of told)
      expect(started.filter(by => by.includes(`"fingerprint":"${fingerprint}"`))).toHaveLength(1);

    await eventually(async () =>
      expect((await runsOf('daily')).map(({ status }) => status)).toEqual(['done']),
    );
  });
});
