import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { limits } from '../../../src/core/limits.ts';
import { recover } from '../../../src/pipeline/recover.ts';
import { approvingProcess } from '../../support/approving-process.ts';
import { type FakeGrafana, startFakeGrafana } from '../../support/fake-grafana.ts';
import { idOf, startVigie, type TestVigie } from '../../support/start-vigie.ts';
import { startTripwire, type Tripwire } from '../../support/tripwire.ts';

const token = 'glsa_7hT3kQ9wZx2LmN4pR6sV8yB1';
const tokenFile = join(tmpdir(), `vigie-grafana-mark-token-${process.pid}`);
const signal = new AbortController().signal;
const shop: JsonObject = {
  title: 'Shop',
  panels: [],
  annotations: { list: [{ name: 'Deploys', enable: true, expr: 'changes(build[5m])' }] },
};

describe('a mark on a dashboard by the one path, on a fake Grafana', () => {
  let grafana: FakeGrafana;
  let wire: Tripwire;
  let vigie: TestVigie;

  beforeEach(async () => {
    writeFileSync(tokenFile, token, { mode: 0o600 });
    grafana = await startFakeGrafana({ token });
    grafana.edit('shop', shop);
    wire = await startTripwire(grafana.url);
    vigie = await startVigie({
      sections: `    metrics: {grafana: {url: "${wire.url}", token: "file:${tokenFile}"}}\n`,
    });
  });
  afterEach(async () => {
    await vigie.stop();
    await wire.close();
    await grafana.close();
  });

  const ask = (input: Record<string, unknown>) =>
    vigie.call('metrics_dashboard', { environment: 'test', waitSeconds: 5, ...input });
  const texts = () => [...grafana.annotations.values()].map(({ text }) => text);

  test('is made at its time, goes with its undo, and comes back with the undo of that', async () => {
    const mark = {
      text: 'deployed 1.4',
      at: '2026-11-21T10:00:00Z',
      until: '2026-11-21T10:05:00Z',
      tags: ['deploy'],
    };
    const ticket = await ask({ uid: 'shop', mark });
    expect(ticket.data, ticket.text).toMatchObject({ status: 'approval_required', risk: 'low' });
    expect(ticket.text).toContain('deployed 1.4');
    expect(ticket.text).toContain('title: Shop');
    expect(grafana.annotations.size).toBe(0);
    const done = await vigie.approve(idOf(ticket));
    expect(done.data, done.text).toMatchObject({
      status: 'done',
      evidence: [expect.stringContaining('reads back from the dashboard shop as it was written')],
    });
    expect([...grafana.annotations.values()]).toMatchObject([
      {
        dashboardUID: 'shop',
        text: expect.stringMatching(/^deployed 1\.4 \(vigie \w+\)$/),
        tags: ['deploy'],
        time: Date.parse(mark.at),
        timeEnd: Date.parse(mark.until),
      },
    ]);
    const undo = await vigie.call('changes_undo', { id: idOf(ticket), environment: 'test' });
    expect((await vigie.approve(idOf(undo))).status).toBe('done');
    expect(grafana.annotations.size).toBe(0);
    const again = await vigie.call('changes_undo', { id: idOf(undo), environment: 'test' });
    expect((await vigie.approve(idOf(again))).status, again.text).toBe('done');
    expect(texts()).toEqual([expect.stringMatching(/^deployed 1\.4 \(vigie \w+\)$/)]);
    expect(await (await vigie.vigie.store()).audit.verify()).toMatchObject({ ok: true });
  });

  test('that somebody edited since is theirs: its undo is a conflict', async () => {
    const ticket = await ask({ title: 'Shop', mark: { text: 'incident' } });
    expect((await vigie.approve(idOf(ticket))).status).toBe('done');
    for (const note of grafana.annotations.values()) note['tags'] = ['theirs'];
    const undo = await vigie.call('changes_undo', { id: idOf(ticket), environment: 'test' });
    expect(undo.data, undo.text).toMatchObject({ code: 'CONFLICT' });
    expect(grafana.annotations.size).toBe(1);
  });

  test.each([
    [{ mark: { text: 'x' } }, 'name the uid of a dashboard, or a title'],
    [{ uid: 'none', mark: { text: 'x' } }, 'no dashboard of that uid or title'],
    [{ title: 'None', mark: { text: 'x' } }, 'no dashboard of that uid or title'],
    [{ uid: 'shop', mark: { text: 'x', at: 'soon' } }, 'mark.at'],
    [{ uid: 'shop', mark: { text: 'x', at: '1h', until: '2h' } }, 'mark.until: must be after at'],
    [{ uid: 'shop', mark: { text: 'x' }, panels: [{ title: 'a', query: 'up' }] }, 'give one of'],
    [{ uid: 'shop', mark: { text: ' ' } }, 'mark.text'],
  ])('is refused as %j', async (input, message) => {
    const refused = await ask(input);
    expect(refused.text).toContain(message);
    expect(refused.status).toBe('failed');
    expect(grafana.annotations.size).toBe(0);
  });

  test('whose answer is lost is seen, and not made twice', async () => {
    const ticket = await ask({ uid: 'shop', mark: { text: 'deployed' } });
    grafana.meddle(({ method, moment, response }) => {
      if (method !== 'POST' || moment !== 'after') return false;
      response.destroy();
      return true;
    });
    const done = await vigie.approve(idOf(ticket));
    grafana.meddle(undefined);
    expect(done.status, done.text).toBe('done');
    expect(grafana.annotations.size).toBe(1);
  });

  test('killed before or after the write, the record tells the truth and none is made twice', async () => {
    for (const moment of ['before', 'after'] as const) {
      const made = grafana.annotations.size;
      const ticket = await ask({ uid: 'shop', mark: { text: 'deployed' } });
      const approving = await approvingProcess(vigie, idOf(ticket));
      wire.arm(({ method }, at) => {
        if (method !== 'POST' || at !== moment) return;
        approving.kill();
        if (at === 'before') throw new Error('it does not arrive');
      });
      approving.go();
      await approving.ended;
      wire.arm(() => {});
      const stands = moment === 'after';
      expect(grafana.annotations.size - made, moment).toBe(stands ? 1 : 0);
      vigie.passTime(limits.leaseMs + 1_000);
      const [found] = await recover(vigie.vigie, signal);
      vigie.passTime(-limits.leaseMs - 1_000);
      expect(found?.state, `${moment}: ${found?.evidence.join(' ')}`).toBe(stands ? 'done' : 'interrupted');
      expect(grafana.annotations.size - made, moment).toBe(stands ? 1 : 0);
    }
  });

  test('a dashboard keeps what it asks for to mark times, and a model without it says so', async () => {
    const kept = await ask({ uid: 'shop', panels: [{ title: 'Errors', query: 'rate(errors[5m])' }] });
    expect(kept.text).not.toMatch(/^[+-].*Deploys|annotations:.*(added|removed)/m);
    expect((await vigie.approve(idOf(kept))).status).toBe('done');
    expect(grafana.dashboards.get('shop')?.model['annotations']).toEqual(shop['annotations']);
    const lost = await ask({ uid: 'shop', dashboard: { title: 'Shop', panels: [] } });
    expect(lost.text).toContain('removed: Deploys');
    expect(lost.text).toMatch(/-.*expr: changes\(build\[5m\]\)/);
  });
});
