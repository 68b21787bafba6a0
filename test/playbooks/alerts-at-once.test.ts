import { expect, test } from 'vitest';
import { knownAlerts } from '../../scripts/known-alerts.ts';
import { alertOf, groupOf, send, startTriggers } from '../engine/triggers/triggers-of.ts';
import { definitionOf } from './play-cases.ts';

const names = [...new Set(knownAlerts.map(({ playbook }) => playbook))].toSorted();
const firstAlerts = names.map(playbook => knownAlerts.find(each => each.playbook === playbook)?.name ?? '');

/** All that alerts start, on a worker that listens. */
async function listening(only: readonly string[] = names) {
  return startTriggers(await Promise.all(only.map(async name => (await definitionOf(name)).source)));
}

/** Of one object each, as Prometheus tells of it by two of its pods. */
function labelsOf(alertname: string, pod: string): Record<string, string> {
  const place = { namespace: 'shop', node: 'node-1', persistentvolumeclaim: 'data', deployment: 'web' };
  return { alertname, ...place, pod };
}

test('an alert that does not say where starts nothing, but for the DNS of the cluster, which lies in one place', async () => {
  const { url, runs } = await listening();
  const bare = knownAlerts.map(({ name: alertname }, index) =>
    alertOf({ alertname }, { fingerprint: `b${index}` }),
  );
  const dns = knownAlerts.filter(({ playbook }) => playbook === 'heal-dns');
  expect((await send(`${url}/alerts/main`, groupOf(...bare))).tally).toMatchObject({
    started: dns.length,
    unmatched: knownAlerts.length - dns.length,
    failed: 0,
  });
  expect((await runs()).map(({ name }) => name)).toEqual(dns.map(({ playbook }) => playbook));
});

test('two alerts at once about one object start one run of each playbook, whichever worker hears of them', async () => {
  const { url, another, runs } = await listening();
  const other = await another();
  const groups = ['k3m9x', 'p2q8z'].map((pod, sender) =>
    groupOf(
      ...firstAlerts.map((alertname, index) =>
        alertOf(labelsOf(alertname, `web-7d8f9c6b54-${pod}`), { fingerprint: `a${sender}${index}` }),
      ),
    ),
  );
  const told = await Promise.all(
    groups.map((group, index) => send(`${index === 0 ? url : other.url}/alerts/main`, group)),
  );
  expect(told.map(({ status }) => status)).toEqual([200, 200]);
  const started = told.reduce((sum, { tally }) => sum + tally.started, 0);
  const known = told.reduce((sum, { tally }) => sum + tally.exists, 0);
  expect({ started, known }).toEqual({ started: names.length, known: names.length });
  expect((await runs()).map(({ name }) => name).toSorted()).toEqual(names);
});

test.each(['heal-crash-loop', 'heal-image-pull', 'heal-oom', 'heal-pending-pods'])(
  '%s starts for each workload that alerts name at once, one after the other',
  async name => {
    const { url, journal } = await listening([name]);
    const alertname = knownAlerts.find(({ playbook }) => playbook === name)?.name ?? '';
    const pods = [
      'shop-7d8f9c6b54-k3m9x',
      'shop-api-5c9d8b7f64-p2q8z',
      'shop-api-5c9d8b7f64-w7t4v',
      'db-0',
      'db-1',
    ];
    const alerts = pods.map((pod, index) => alertOf(labelsOf(alertname, pod), { fingerprint: `c${index}` }));
    expect((await send(`${url}/alerts/main`, groupOf(...alerts))).tally).toMatchObject({
      started: 3,
      exists: 2,
    });
    // Of one namespace none begins while another goes on.
    const first = await journal.claim('w', { max: 9, leaseMs: 60_000 });
    expect(first).toHaveLength(1);
    for (const { lease } of first) await journal.finish(lease, { status: 'done' });
    expect(await journal.claim('w', { max: 9, leaseMs: 60_000 })).toHaveLength(1);
  },
);

test.each(['heal-crash-loop', 'heal-image-pull', 'heal-oom', 'heal-pending-pods'])(
  '%s looks at a workload once in its 30 minutes, whatever revision or Job of it alerts name by then',
  async name => {
    const { url, journal, runs, passTime } = await listening([name]);
    const alertname = knownAlerts.find(({ playbook }) => playbook === name)?.name ?? '';
    let nth = 0;
    const tell = async (pod: string) => {
      nth += 1;
      const { tally } = await send(
        `${url}/alerts/main`,
        groupOf(alertOf(labelsOf(alertname, pod), { fingerprint: `d${nth}` })),
      );
      for (const { lease } of await journal.claim('w', { max: 9, leaseMs: 60_000 }))
        await journal.finish(lease, { status: 'done' });
      return [pod, tally.started === 1 ? 'started' : tally.cooling === 1 ? 'cooling' : tally];
    };
    const pods = [
      ['shop-7d8f9c6b54-k3m9x', 'started'],
      ['shop-5c9d8b7f64-p2q8z', 'cooling'],
      ['shop-6c9d8b7f64-w7t4v', 'cooling'],
      ['report-29123456-b8n2c', 'started'],
      ['report-29123457-x4h6d', 'cooling'],
      // Of names that look like those, and are the workloads' own.
      ['shop-api-5c9d8b7f64-p2q8z', 'started'],
      ['shop-grpcsv-0', 'started'],
      ['shop-grpcsv-1', 'cooling'],
    ];
    const came: unknown[] = [];
    for (const [pod = ''] of pods) came.push(await tell(pod));
    expect(came).toEqual(pods);
    passTime(31 * 60_000);
    expect(await tell('shop-6c9d8b7f64-w7t4v')).toEqual(['shop-6c9d8b7f64-w7t4v', 'started']);
    expect(await runs()).toHaveLength(5);
  },
);
