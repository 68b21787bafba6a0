import { describe, expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { alertOf, groupOf, playbook, send, startTriggers } from './triggers-of.ts';

const heal = playbook('heal', {
  on: `
  alert:
    match: alert.labels.alertname == "OutOfMemory" && has(alert.labels.namespace)
    dedupe: "\${{ alert.labels.namespace }}"
    cooldown: 30m
    inputs: {namespace: "\${{ alert.labels.namespace }}"}`,
  more: 'inputs: {namespace: {type: string, required: true}}',
});
const watch = playbook('watch', {
  on: '{alert: {match: alert.labels.severity == "page", inputs: {}}}',
});
const oom = (namespace: string, more: Record<string, unknown> = {}) =>
  alertOf({ alertname: 'OutOfMemory', namespace, severity: 'page' }, more);

test('an alert that fires starts each playbook that matches it, with what that playbook takes from it', async () => {
  const { url, runs, journal } = await startTriggers([heal, watch]);
  const { status, tally } = await send(`${url}/alerts/main`, groupOf(oom('shop')));
  expect({ status, tally }).toMatchObject({ status: 200, tally: { started: 2, unmatched: 0 } });
  const found = await runs();
  expect(found.map(({ name }) => name).toSorted()).toEqual(['heal', 'watch']);
  const run = await journal.get(found.find(({ name }) => name === 'heal')?.id ?? '');
  expect(run).toMatchObject({
    environment: 'test',
    input: { namespace: 'shop' },
    startedBy: {
      kind: 'trigger',
      name: 'alert:main',
      trigger: {
        kind: 'alert',
        name: 'main',
        alert: { status: 'firing', labels: { alertname: 'OutOfMemory' }, fingerprint: 'c6eadffa33fcdf37' },
      },
    },
  });
});

test('the same alert starts nothing again, whoever tells of it, nor after its run has ended', async () => {
  const { url, another, runs, journal, passTime } = await startTriggers([watch]);
  const other = await another();
  const group = groupOf(oom('shop'));
  const told = await Promise.all(
    [url, other.url, url, other.url].map(each => send(`${each}/alerts/main`, group)),
  );
  expect(told.map(({ tally }) => tally.started).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1]);
  const [claimed] = await journal.claim('w', { max: 1, leaseMs: 1_000 });
  if (claimed === undefined) throw new Error('nothing was started');
  await journal.finish(claimed.lease, { status: 'done' });
  passTime(24 * 3_600_000);
  expect((await send(`${url}/alerts/main`, group)).tally).toMatchObject({ started: 0, exists: 1 });
  const again = groupOf(oom('shop', { startsAt: '2026-11-23T03:00:00.000Z' }));
  expect((await send(`${url}/alerts/main`, again)).tally).toMatchObject({ started: 1 });
  expect(await runs()).toHaveLength(2);
});

test('alerts that dedupe calls alike start one run, and none while it cools', async () => {
  const { url, journal, passTime } = await startTriggers([heal]);
  const pods = groupOf(
    ...['a', 'b', 'c'].map(each => oom('shop', { fingerprint: `${each}1` })),
    oom('other', { fingerprint: 'd1' }),
  );
  expect((await send(`${url}/alerts/main`, pods)).tally).toMatchObject({ started: 2, exists: 2 });
  for (const { lease } of await journal.claim('w', { max: 9, leaseMs: 1_000 }))
    await journal.finish(lease, { status: 'done' });
  const later = groupOf(oom('shop', { fingerprint: 'e1' }));
  expect((await send(`${url}/alerts/main`, later)).tally).toMatchObject({ started: 0, cooling: 1 });
  passTime(30 * 60_000);
  expect((await send(`${url}/alerts/main`, later)).tally).toMatchObject({ started: 1 });
});

test('an alert that has resolved starts nothing, and its firing, told late, neither', async () => {
  const { url, runs, passTime } = await startTriggers([heal, watch]);
  const resolved = groupOf(oom('shop', { status: 'resolved', endsAt: '2026-11-22T03:05:00Z' }));
  expect((await send(`${url}/alerts/main`, resolved)).tally).toMatchObject({ started: 0, resolved: 1 });
  expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({
    started: 0,
    exists: 0,
    over: 2,
  });
  expect(await runs()).toEqual([]);
  passTime(5 * 60_000);
  expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({
    started: 2,
    over: 0,
  });
});

test('an alert that Alertmanager lost for some minutes, and tells again with its old start, starts what it did not', async () => {
  let rehearsed = false;
  const { url, runs, passTime } = await startTriggers([watch], {
    mayStart: async () => {
      if (!rehearsed) throw new VigieError('NOT_REHEARSED', 'It was not rehearsed.');
    },
  });
  const tell = async (more: Record<string, unknown> = {}) =>
    (await send(`${url}/alerts/main`, groupOf(oom('shop', more)))).tally;
  expect(await tell()).toMatchObject({ refused: 1 });
  rehearsed = true;
  // As it does where Prometheus could not reach it: the alert ran out, and came back.
  expect(await tell({ status: 'resolved' })).toMatchObject({ resolved: 1 });
  passTime(4 * 60_000);
  expect(await tell()).toMatchObject({ started: 1, exists: 0 });
  passTime(4 * 3_600_000);
  expect(await tell()).toMatchObject({ started: 0, exists: 1 });
  expect(await runs()).toHaveLength(1);
});

test('a playbook whose match fails keeps no other from starting', async () => {
  const broken = playbook('broken', { on: '{alert: {match: alert.labels.nowhere == "x", inputs: {}}}' });
  const { url, runs } = await startTriggers([broken, watch]);
  const { tally } = await send(`${url}/alerts/main`, groupOf(oom('shop')));
  expect(tally).toMatchObject({ started: 1, failed: 1 });
  expect((await runs()).map(({ name }) => name)).toEqual(['watch']);
});

test('an alert that nothing matches is taken, and starts nothing', async () => {
  const { url } = await startTriggers([heal]);
  const { status, tally } = await send(`${url}/alerts/main`, groupOf(alertOf({ alertname: 'Watchdog' })));
  expect({ status, tally }).toMatchObject({ status: 200, tally: { started: 0, unmatched: 1 } });
});

test('a storm of a thousand alerts starts a few runs, is told once, and goes on when it has passed', async () => {
  const { url, runs, journal, test: vigie, passTime } = await startTriggers([watch, heal]);
  const storm = groupOf(
    ...Array.from({ length: 1_000 }, (_, index) => oom(`ns-${index}`, { fingerprint: index.toString(16) })),
  );
  const { status, tally } = await send(`${url}/alerts/main`, storm);
  expect({ status, tally }).toMatchObject({ status: 200, tally: { started: 20, held: 1_980 } });
  expect((await send(`${url}/alerts/main`, storm)).tally).toMatchObject({
    started: 0,
    held: 1_980,
    exists: 20,
  });
  expect((await journal.storms()).map(({ name, held }) => `${name} ${held}`).toSorted()).toEqual([
    'heal 990',
    'watch 990',
  ]);
  const { audit } = await vigie.vigie.store();
  expect(await audit.list({ events: ['storm_held'], limit: 10 })).toHaveLength(2);
  expect(await runs()).toHaveLength(20);
  passTime(11 * 60_000);
  expect((await send(`${url}/alerts/main`, storm)).tally).toMatchObject({ started: 20 });
});

describe('what is refused without a person', () => {
  const scale = playbook('scale', {
    on: '{alert: {match: "true", inputs: {}}}',
    steps: '{tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 2}}',
  });

  test('nothing starts under a vigie.yaml that no approver has accepted', async () => {
    const { url, runs } = await startTriggers([watch], { accept: false });
    expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({ refused: 1 });
    expect(await runs()).toEqual([]);
  });

  test('under the kill switch what only reads starts, and what changes does not', async () => {
    const { url, runs, test: vigie } = await startTriggers([watch, scale]);
    const { settings } = await vigie.vigie.store();
    await settings.setKillSwitch({
      on: true,
      by: 'alice',
      why: 'a game',
      audit: { event: 'kill_switch_on', facts: { by: 'alice' } },
    });
    expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({
      started: 1,
      refused: 1,
    });
    expect((await runs()).map(({ name }) => name)).toEqual(['watch']);
  });

  test('in a frozen time likewise', async () => {
    const always = '{from: "Mon 00:00", to: "Sun 23:59", timeZone: UTC}';
    const { url } = await startTriggers([watch, scale], {
      policy: `{low: allow, freeze: [${always}, {from: "Sun 00:00", to: "Mon 00:00", timeZone: UTC}]}`,
    });
    const { tally } = await send(`${url}/alerts/main`, groupOf(oom('shop')));
    expect(tally).toMatchObject({ started: 1, refused: 1 });
  });

  test('what was not rehearsed does not start', async () => {
    const { url, runs } = await startTriggers([watch], {
      mayStart: async ({ startedBy }) => {
        expect(startedBy['kind']).toBe('trigger');
        throw new VigieError('NOT_REHEARSED', 'It was not rehearsed.');
      },
    });
    expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({ refused: 1 });
    expect(await runs()).toEqual([]);
  });

  test('inputs that the alert does not give as the playbook takes them', async () => {
    const typed = playbook('typed', {
      on: '{alert: {match: "true", inputs: {count: "${{ alert.labels.namespace }}"}}}',
      more: 'inputs: {count: {type: integer, required: true}}',
    });
    const { url, runs } = await startTriggers([typed]);
    expect((await send(`${url}/alerts/main`, groupOf(oom('shop')))).tally).toMatchObject({ refused: 1 });
    expect(await runs()).toEqual([]);
  });
});

describe('hostile alerts', () => {
  test('what stands in labels is never an expression, a control character or a way into a prototype', async () => {
    const { url, runs, journal } = await startTriggers([heal]);
    const text =
      '{"alertname":"OutOfMemory","namespace":"${{ run.id }}\\u001b[31m\\u202e","__proto__":"x","constructor":"y","size":"s"}';
    const body = JSON.stringify(groupOf(oom('shop'))).replace(
      JSON.stringify({ alertname: 'OutOfMemory', namespace: 'shop', severity: 'page' }),
      text,
    );
    expect(body).toContain('__proto__');
    expect((await send(`${url}/alerts/main`, body)).tally).toMatchObject({ started: 1 });
    const [run] = await runs();
    const view = await journal.get(run?.id ?? '');
    expect(view?.input).toEqual({ namespace: '${{ run.id }}' });
    expect(view?.startedBy).toMatchObject({
      trigger: {
        alert: {
          labels: { alertname: 'OutOfMemory', namespace: '${{ run.id }}', constructor: 'y', size: 's' },
        },
      },
    });
    expect(JSON.stringify(view)).not.toContain('__proto__');
  });

  test('a fingerprint that looks like an expression is none', async () => {
    const { url, runs } = await startTriggers([watch]);
    const alert = oom('shop', { fingerprint: '${{ trigger.alert }}', startsAt: '2026-11-22T03:00:00Z' });
    expect((await send(`${url}/alerts/main`, groupOf(alert))).tally).toMatchObject({ started: 1 });
    expect(JSON.stringify(await runs())).not.toContain('trigger.alert');
  });

  test('long labels push out none that a condition asks for', async () => {
    const critical = playbook('critical', {
      on: '{alert: {match: alert.labels.severity == "page", inputs: {}}}',
    });
    const unless = playbook('unless', {
      on: `{alert: {match: "!('vigie_skip' in alert.labels)", inputs: {}}}`,
    });
    const { url, runs, journal } = await startTriggers([critical, unless]);
    const long = (count: number, chars: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 'x'.repeat(chars)]));
    const labels = {
      ...long(8, 1_200),
      alertname: 'Oom',
      namespace: 'n'.repeat(63),
      severity: 'page',
      vigie_skip: 'yes',
    };
    const annotations = long(20, 1_200);
    expect((await send(`${url}/alerts/main`, groupOf(alertOf(labels, { annotations })))).tally).toMatchObject(
      {
        started: 1,
        failed: 0,
      },
    );
    const [run] = await runs();
    expect(run?.name).toBe('critical');
    const view = await journal.get(run?.id ?? '');
    expect(view?.startedBy).toMatchObject({ trigger: { alert: { labels: { namespace: 'n'.repeat(63) } } } });
    expect(JSON.stringify(view).length).toBeLessThan(9_000);
  });

  test.each([
    ['labels', 40],
    ['labels', 5_000],
    ['annotations', 600],
  ])(
    'an alert with more %s than are kept, %i of them, matches nothing, and is told of as failed',
    async (of, count) => {
      const { url, runs } = await startTriggers([
        playbook('any', { on: `{alert: {match: "!('vigie_skip' in alert.${of})", inputs: {}}}` }),
      ]);
      const many = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`a${index}`, 'x'.repeat(count === 40 ? 250 : 5)]),
      );
      const alert = of === 'labels' ? alertOf(many) : alertOf({ alertname: 'A' }, { annotations: many });
      expect((await send(`${url}/alerts/main`, groupOf(alert))).tally).toMatchObject({
        started: 0,
        failed: 1,
      });
      expect(await runs()).toEqual([]);
    },
  );

  test('what looks like a secret in it is kept nowhere', async () => {
    const { url, runs, journal } = await startTriggers([watch]);
    const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
    const annotations = { summary: `the token ${secret} was refused` };
    await send(`${url}/alerts/main`, groupOf(oom('shop', { annotations })));
    const [run] = await runs();
    const kept = JSON.stringify(await journal.get(run?.id ?? ''));
    expect(kept).toContain('was refused');
    expect(kept).not.toContain(secret);
  });

  test('an annotation of a megabyte goes no further, and the alert starts what it starts', async () => {
    const { url, runs, journal } = await startTriggers([watch]);
    const annotations = { summary: 'fine', long: 'x '.repeat(500_000), last: 'late' };
    const { status, tally } = await send(`${url}/alerts/main`, groupOf(oom('shop', { annotations })));
    expect({ status, tally }).toMatchObject({ status: 200, tally: { started: 1 } });
    const [run] = await runs();
    expect(JSON.stringify(await journal.get(run?.id ?? '')).length).toBeLessThan(4_000);
  });

  test.each([
    ['{}', 400, 'version'],
    ['[]', 400, 'no object'],
    ['{"version":"4","alerts":[{"labels":{}}]}', 400, 'startsAt is no time'],
    ['{"version":"4","alerts":[7]}', 400, 'has no labels'],
    ['{"version":"4","alerts":', 400, 'not JSON'],
    [JSON.stringify({ version: '4', alerts: Array.from({ length: 2_001 }, () => 1) }), 400, 'max_alerts'],
    [`{"version":"4","a":${'['.repeat(200)}${']'.repeat(200)}}`, 413, 'level'],
    [`{"version":"4","a":"${'x'.repeat(1024 * 1024)}"}`, 413, '1048576 bytes'],
  ])('%.40s is answered with %i', async (body, status, said) => {
    const { url } = await startTriggers([watch]);
    const answered = await send(`${url}/alerts/main`, body);
    expect(answered).toMatchObject({ status, error: expect.stringContaining(said) });
  });
});
