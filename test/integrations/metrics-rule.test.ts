import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PrometheusReader } from '../../src/clients/prometheus/reader.ts';
import { RuleFilesWriter } from '../../src/clients/rule-files/writer.ts';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { startTripwire, type Tripwire } from '../support/tripwire.ts';
import { endpointTo } from './support/endpoint-to.ts';
import { startPrometheus } from './support/prometheus.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';
import { startVictoriaMetrics } from './support/victoria-metrics.ts';

const missing = !isInstalled('prometheus') || !isInstalled('promtool');
const signal = new AbortController().signal;

const down = {
  alert: 'Down',
  expr: 'sum(up) by (job) > 0',
  labels: { severity: 'page' },
  annotations: { summary: 'Down: {{ $labels.job }}' },
};
const asked = { name: 'shop', rules: [down], environment: 'test', waitSeconds: 20 };

const byHand = `# Written by hand: keep this line.
groups:
  - name: other
    rules:
      # Why this one is there.
      - alert: Other
        expr: up == 0
        for: 5m
`;

describe.skipIf(missing)(`rules by the one path, on a real Prometheus${unlessMissing('prometheus')}`, () => {
  let folder: string;
  let server: RealServer;
  let wire: Tripwire;
  let vigie: TestVigie;
  let reader: PrometheusReader;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigie-rule-files-'));
    server = await startPrometheus({ rulesFolder: folder, scrape: { self: ['self'] } });
    wire = await startTripwire(server.url);
    reader = new PrometheusReader(endpointTo(server.url), { signal });
    await vi.waitFor(
      async () =>
        expect(await reader.number({ query: 'count(up)', atSeconds: Date.now() / 1000 - 2 })).toBe(1),
      { timeout: 30_000 },
    );
  });
  afterAll(async () => {
    await Promise.all([server?.close(), wire?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    wire.arm(() => {});
    vigie = await startVigie({ sections: sectionsAt(wire.url) });
  });
  afterEach(async () => {
    await vigie.stop();
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    await fetch(`${server.url}/-/reload`, { method: 'POST' });
  });

  function sectionsAt(url: string): string {
    const policy = 'policy: {low: ask, medium: ask, high: ask}';
    return `    metrics: {prometheus: "${url}", rules: {directory: ${folder}}}
  blind:
    metrics: {rules: {directory: ${folder}}}
    ${policy}
  nowhere:
    metrics: {prometheus: "${url}"}
    ${policy}
`;
  }
  const file = (name = 'shop.yml') => join(folder, name);
  const text = (name?: string) => readFileSync(file(name), 'utf8');
  const evaluated = async () =>
    (await reader.rules()).flatMap(({ rules }) => rules.map(({ name }) => name)).sort();

  async function approved(input: Record<string, unknown>): Promise<{ id: string; text: string }> {
    const ticket = await vigie.call('metrics_rule', input);
    expect(ticket.status, ticket.text).toBe('approval_required');
    const done = await vigie.approve(idOf(ticket));
    expect(done.status, done.text).toBe('done');
    return { id: idOf(ticket), text: done.text };
  }

  async function undone(id: string): Promise<void> {
    const undo = await vigie.call('changes_undo', { id, environment: 'test' });
    const done = await vigie.approve(idOf(undo));
    expect(done.status, done.text).toBe('done');
  }

  test('waits for a person, is evaluated before it is done, and is undone', async () => {
    const ticket = await vigie.call('metrics_rule', asked);
    expect(ticket.data, ticket.text).toMatchObject({ status: 'approval_required', risk: 'medium' });
    expect(ticket.text).toContain('Down: 1 series');
    expect(ticket.text).toContain('expr: sum(up) by (job) > 0');
    expect(readdirSync(folder)).toEqual([]);
    const done = await vigie.approve(idOf(ticket));
    expect(done.data, done.text).toMatchObject({
      status: 'done',
      evidence: [expect.stringContaining('evaluates all 1 rules')],
    });
    expect(await evaluated()).toEqual(['Down']);
    expect((await vigie.call('metrics_rule', asked)).status).toBe('nothing_to_do');
    await undone(idOf(ticket));
    expect(readdirSync(folder)).toEqual([]);
    expect(await evaluated()).toEqual([]);
    expect(await (await vigie.vigie.store()).audit.verify()).toMatchObject({ ok: true });
  });

  test('leaves other groups and the words of whoever wrote them, and gives back every byte', async () => {
    writeFileSync(file(), byHand);
    const { id } = await approved(asked);
    expect(text()).toContain('# Written by hand: keep this line.');
    expect(text()).toContain('# Why this one is there.');
    expect(await evaluated()).toEqual(['Down', 'Other']);
    const { id: gone } = await approved({ name: 'shop', delete: true, environment: 'test' });
    expect(await evaluated()).toEqual(['Other']);
    await undone(gone);
    expect(await evaluated()).toEqual(['Down', 'Other']);
    await undone(id);
    expect(text()).toBe(byHand);
  });

  test.each([
    ['lasts longer', { ...down, for: '10m' }, 'has to last longer'],
    ['has another limit', { ...down, expr: 'sum(up) by (job) > 3' }, 'its limit goes from 0 to 3'],
    ['is about something else', { ...down, expr: 'vector(0) > 1' }, 'its condition is another one'],
    ['reaches others', { ...down, labels: { severity: 'info' } }, 'whom it reaches'],
    ['has another name', { ...down, alert: 'Up' }, 'deletes the alert Down'],
  ])('is high risk where an alert %s', async (_what, rule, why) => {
    await approved(asked);
    const ticket = await vigie.call('metrics_rule', { ...asked, rules: [rule] });
    expect(ticket.data, ticket.text).toMatchObject({ risk: 'high' });
    expect(ticket.text).toContain(why);
  });

  test('stays medium where an alert gets sharper, and is high where the file goes', async () => {
    await approved({ ...asked, rules: [{ ...down, expr: 'sum(up) by (job) > 3', for: '10m' }] });
    const sharper = await vigie.call('metrics_rule', asked);
    expect(sharper.data, sharper.text).toMatchObject({ risk: 'medium' });
    const gone = await vigie.call('metrics_rule', { name: 'shop', delete: true, environment: 'test' });
    expect(gone.data, gone.text).toMatchObject({ risk: 'high' });
  });

  test('runs the tests that come along, and refuses a rule that fails them', async () => {
    const tests = (severity: string) => [
      {
        interval: '1m',
        input_series: [{ series: 'up{job="a"}', values: '1 1 1' }],
        alert_rule_test: [
          {
            eval_time: '1m',
            alertname: 'Down',
            exp_alerts: [{ exp_labels: { severity, job: 'a' }, exp_annotations: { summary: 'Down: a' } }],
          },
        ],
      },
    ];
    const bad = await vigie.call('metrics_rule', { ...asked, tests: tests('info') });
    expect(bad.data).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('severity="page"'),
    });
    expect(JSON.stringify(bad.data)).not.toContain('vigie-rules-');
    const good = await vigie.call('metrics_rule', { ...asked, tests: tests('page') });
    expect(good.text).toContain('tests: 1 passed');
  });

  test.each([
    [{ rules: [{ alert: 'A', expr: 'sum(' }] }, 'rules.0.expr: is wrong at line 1'],
    [{ rules: [{ alert: 'A', expr: 'up', annotations: { a: '{{ nonsense' } }] }, 'promtool check rules says'],
    [{ rules: [{ expr: 'up' }] }, 'name either alert or record'],
    [{ rules: [{ record: 'a:b', expr: 'up', for: '5m' }] }, 'goes with an alert only'],
    [{ rules: [{ alert: 'A', expr: 'up', for: 'soon' }] }, 'must be like 5m'],
    [{ rules: [{ alert: 'A\u202Etxt', expr: 'up' }] }, 'nobody sees'],
    [{ delete: true }, 'give either rules or delete'],
    [{ name: '../escape' }, 'is no name of a rule file'],
    [{ name: '.hidden' }, 'is no name of a rule file'],
    [{ name: 'a/b' }, 'is no name of a rule file'],
    [{ name: 'a\u0000b' }, 'is no name of a rule file'],
    [{ name: 'a\nb' }, 'is no name of a rule file'],
  ])('is refused as %j', async (input, message) => {
    const refused = await vigie.call('metrics_rule', { ...asked, ...input });
    expect(refused.data).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining(message) });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('follows no link out of the folder, and writes over none', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'vigie-outside-'));
    writeFileSync(join(outside, 'x.yml'), byHand);
    symlinkSync(join(outside, 'x.yml'), file());
    const refused = await vigie.call('metrics_rule', asked);
    expect(refused.data).toMatchObject({
      code: 'RULE_FILE',
      message: expect.stringContaining('a link stands there'),
    });
    rmSync(file());
    const ticket = await vigie.call('metrics_rule', asked);
    symlinkSync(join(outside, 'x.yml'), file());
    const settled = await vigie.approve(idOf(ticket)).catch((error: unknown) => error);
    expect(settled).not.toMatchObject({ status: 'done' });
    expect(readFileSync(join(outside, 'x.yml'), 'utf8')).toBe(byHand);
    rmSync(outside, { recursive: true });
  });

  test('a folder or a file of bytes in its place is refused', async () => {
    mkdirSync(file());
    expect((await vigie.call('metrics_rule', asked)).data).toMatchObject({ code: 'RULE_FILE' });
    rmSync(file(), { recursive: true });
    writeFileSync(file(), Buffer.from([0x67, 0xff, 0xfe]));
    expect((await vigie.call('metrics_rule', asked)).data).toMatchObject({
      code: 'RULE_FILE',
      message: expect.stringContaining('no UTF-8'),
    });
  });

  test('a plan whose file somebody edited meanwhile is not carried out, nor an undo', async () => {
    const ticket = await vigie.call('metrics_rule', asked);
    writeFileSync(file(), byHand);
    expect((await vigie.approve(idOf(ticket))).status).toBe('plan_changed');
    expect(text()).toBe(byHand);
    const { id } = await approved(asked);
    writeFileSync(file(), `${text()}# one more line\n`);
    const edited = text();
    const undo = await vigie.call('changes_undo', { id, environment: 'test' });
    expect(undo.data, undo.text).toMatchObject({ code: 'CONFLICT' });
    expect(text()).toBe(edited);
  });

  test('an expired ticket writes nothing', async () => {
    const late = await vigie.call('metrics_rule', asked);
    vigie.passTime(25 * 3_600_000);
    await expect(vigie.approve(idOf(late))).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('without a Prometheus it says that nobody tells whether it is loaded', async () => {
    const ticket = await vigie.call('metrics_rule', { ...asked, environment: 'blind' });
    expect(ticket.text).toContain('what would fire now was not asked');
    const done = await vigie.approve(idOf(ticket));
    expect(done.data, done.text).toMatchObject({
      status: 'unverified',
      evidence: expect.arrayContaining([expect.stringContaining('no Prometheus or vmalert is configured')]),
    });
    expect(text()).toContain('alert: Down');
    const refused = await vigie.call('metrics_rule', { ...asked, environment: 'nowhere' });
    expect(refused.data).toMatchObject({
      code: 'NOT_CONFIGURED',
      hint: expect.stringContaining('metrics: {rules: {directory:'),
    });
  });

  test('a Prometheus that may not be told to reload leaves it unverified, with the reason', async () => {
    const stubborn = await startPrometheus({ rulesFolder: folder, lifecycle: false });
    const other = await startVigie({ sections: sectionsAt(stubborn.url) });
    try {
      const ticket = await other.call('metrics_rule', { ...asked, waitSeconds: 1 });
      const done = await other.approve(idOf(ticket));
      expect(done.status, done.text).toBe('unverified');
      expect(done.text).toContain('runs without --web.enable-lifecycle');
      expect(done.text).toContain('Down is not loaded as it is written');
    } finally {
      await other.stop();
      await stubborn.close();
    }
  });

  test('a Prometheus that cannot read another of its files keeps the rules it had, and its words are told', async () => {
    writeFileSync(file('broken.yml'), 'groups: [');
    const ticket = await vigie.call('metrics_rule', asked);
    const done = await vigie.approve(idOf(ticket));
    expect(done.status, done.text).toBe('unverified');
    expect(done.text).toMatch(
      /is written and not loaded, since the server did not reload: .*failed to reload/,
    );
    rmSync(file('broken.yml'));
    await undone(idOf(ticket));
  });

  test('without promtool it says so, and a person of high risk decides', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const ticket = await vigie.call('metrics_rule', asked);
    const untested = await vigie.call('metrics_rule', { ...asked, tests: [{ interval: '1m' }] });
    vi.unstubAllEnvs();
    expect(ticket.data, ticket.text).toMatchObject({ risk: 'high' });
    expect(ticket.text).toContain('promtool, which checks and tests rules, is not installed');
    expect(untested.data, untested.text).toMatchObject({ code: 'NOT_STARTED' });
  });

  test.skipIf(!isInstalled('victoria-metrics'))(
    'VictoriaMetrics may get more than PromQL, which is said not to be checked',
    async () => {
      const victoria = await startVictoriaMetrics();
      const other = await startVigie({ sections: sectionsAt(victoria.url) });
      try {
        const rule = { alert: 'Odd', expr: 'range_median(up) > 0' };
        const ticket = await other.call('metrics_rule', { ...asked, waitSeconds: 1, rules: [rule] });
        expect(ticket.data, ticket.text).toMatchObject({ risk: 'high' });
        expect(ticket.text).toContain('no PromQL, which is all that promtool checks');
        // Its rules are evaluated by vmalert, which nobody asked.
        const done = await other.approve(idOf(ticket));
        expect(done.status, done.text).toBe('unverified');
        expect(text()).toContain('range_median(up) > 0');
      } finally {
        await other.stop();
        await victoria.close();
      }
    },
  );

  test('five thousand rules are one file, and an answer that is read', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ alert: `A${index}`, expr: `up > ${index}` }));
    const groups = Array.from(
      { length: 50 },
      (_, index) =>
        `  - name: g${index}\n    rules:\n${many.map(rule => `      - {alert: g${index}${rule.alert}, expr: '${rule.expr}'}`).join('\n')}\n`,
    );
    writeFileSync(file(), `groups:\n${groups.join('')}`);
    const ticket = await vigie.call('metrics_rule', { ...asked, group: 'new', rules: many });
    expect(ticket.status, ticket.text).toBe('approval_required');
    expect(ticket.text).toContain('and 80 more alerts, not asked');
    expect(Buffer.byteLength(ticket.text)).toBeLessThan(40_000);
  });

  test('a full disk leaves the file that was there, and no draft', async context => {
    const small = mkdtempSync(join(tmpdir(), 'vigie-full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]);
    if (mounted.status !== 0) context.skip('SKIPPED: no tmpfs can be mounted here, so no full disk was met');
    try {
      writeFileSync(join(small, 'shop.yml'), byHand);
      const writer = new RuleFilesWriter(small);
      const text = `${byHand}${'# more\n'.repeat(10_000)}`;
      await expect(writer.write('shop.yml', { text, was: byHand })).rejects.toMatchObject({
        code: 'RULE_FILE',
        message: expect.stringContaining('the disk is full'),
      });
      expect(readFileSync(join(small, 'shop.yml'), 'utf8')).toBe(byHand);
      expect(readdirSync(small)).toEqual(['shop.yml']);
    } finally {
      spawnSync('umount', [small]);
      rmSync(small, { recursive: true, force: true });
    }
  });

  test('killed before or after any request that writes, the record tells the truth', async () => {
    const store = await vigie.vigie.store();
    const run = async (watch: (kill: () => void) => Parameters<Tripwire['arm']>[0]) => {
      const ticket = await vigie.call('metrics_rule', asked);
      const approving = await approvingProcess(vigie, idOf(ticket));
      wire.arm(watch(() => approving.kill()));
      approving.go();
      const said = await approving.ended;
      const passed = [...wire.passed];
      wire.arm(() => {});
      return { id: idOf(ticket), said, passed };
    };
    const whole = await run(() => () => {});
    expect(whole.said).toContain('"status":"done"');
    const reload = whole.passed.findIndex(({ method }) => method === 'POST') + 1;
    expect(reload).toBeGreaterThan(0);
    rmSync(file());
    await fetch(`${server.url}/-/reload`, { method: 'POST' });
    for (const [number, moment] of [
      [reload - 1, 'before'],
      [reload, 'before'],
      [reload, 'after'],
    ] as const) {
      const { id } = await run(kill => (passing, at) => {
        if (passing.number !== number || at !== moment) return;
        kill();
        if (at === 'before') throw new Error('it does not arrive');
      });
      const where = `killed ${moment} request ${number}`;
      const written = readdirSync(folder).includes('shop.yml');
      expect(written, where).toBe(number === reload);
      if (!written) {
        // It was still looking: nothing was begun.
        expect((await store.changes.get(id)).state, where).toBe('waiting');
        continue;
      }
      vigie.passTime(limits.leaseMs + 1_000);
      const [found] = await recover(vigie.vigie, signal);
      vigie.passTime(-limits.leaseMs - 1_000);
      const loaded = (await evaluated()).includes('Down');
      expect(loaded, where).toBe(number === reload && moment === 'after');
      expect(found?.state, `${where}: ${found?.evidence.join(' ')}`).toBe(loaded ? 'done' : 'interrupted');
      expect((await store.changes.get(id)).state, where).toBe(found?.state);
      await undone(id);
      expect(readdirSync(folder), where).toEqual([]);
    }
  });
});
