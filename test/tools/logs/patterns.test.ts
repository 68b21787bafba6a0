import { describe, expect, test } from 'vitest';
import type { ChangeReader, ChangeRecord } from '../../../src/store/change-reader.ts';
import { logsPatterns } from '../../../src/tools/logs/patterns.ts';
import { startFakeLoki } from '../../support/fake-loki.ts';
import { openShop } from '../small-shop.ts';
import { ago, systemsWith } from './systems-with-loki.ts';

const named = { target: 'deploy/web', namespace: 'shop' };
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const pod = { namespace: 'shop', pod: 'web-6f7d8c9b5-x2k4p' };

const rowsOf = (text: string) => text.split('\n').filter(row => /^(?:new|grew|gone) {2}/.test(row));

describe('logs_patterns', () => {
  test('tells what is new, grown and gone since a time, the same length of time before', async () => {
    const loki = await startFakeLoki();
    const shop = await openShop({ context: { systems: systemsWith(loki) } });
    const push = (seconds: readonly number[], line: (index: number) => string) =>
      loki.push(
        pod,
        seconds.map((each, index) => [ago(each), line(index)] as const),
      );
    push([1000, 900, 800, 700, 500, 400, 300], index => `INFO served ${index}`);
    push([1100, 1000, 900, 800], index => `INFO old way ${index}`);
    push([1000, 500, 480, 460, 440, 420, 400], index => `WARN slow query of ${index} ms`);
    push([300, 200], index => `ERROR no such column price_${index}`);
    // Before what is compared.
    push([1300], () => 'ERROR of long ago');
    const { data, text } = await shop.read(logsPatterns, { namespace: 'shop', since: '10m' });
    expect(data).toMatchObject({ new: 1, grew: 1, gone: 1, lines: 20, truncated: false, source: 'loki' });
    const rows = rowsOf(text);
    expect(rows[0]).toMatch(/^new {2}error {2}0 {2}2 .*no such column price_<num>$/);
    expect(rows[1]).toMatch(/^grew {2}warn {2}1 {2}6 .*slow query/);
    expect(rows[2]).toMatch(/^gone {2}info {2}4 {2}0 .*old way/);
    expect(text).not.toContain('long ago');
    expect(text).not.toContain('lately');
    const asData = await shop.read(logsPatterns, { namespace: 'shop', since: '10m', format: 'json' });
    expect(asData.data['rows']).toHaveLength(Number(asData.data['shown']));
    expect(asData.data['rows']).toContainEqual(
      expect.objectContaining({
        change: 'new',
        level: 'error',
        before: 0,
        after: 2,
        template: 'ERROR no such column price_<num>',
      }),
    );
    expect(asData.text).not.toContain('price_');
    const old = await shop.read(logsPatterns, { namespace: 'shop', since: '3d' });
    expect(old.text).toContain('the day after it is compared, nothing later; what is new lately: --since 1h');
  });

  test('since a deploy: from the newest revision, whose first pods have no logs of before', async () => {
    const shop = await openShop();
    const containers = [{ name: 'web', image: 'shop/web:2' }];
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {
      spec: { template: { spec: { containers } } },
    });
    await shop.sandbox.settled();
    for (let step = 0; step < 20; step += 1) await shop.sandbox.advance(20_000);
    const { data, text } = await shop.read(logsPatterns, named);
    expect(text).toContain('(revision 2 of Deployment/web in shop)');
    expect(text).toContain('pods that are gone take their logs along');
    expect(Number(data['new'])).toBeGreaterThan(0);
    expect(data['gone']).toBe(0);
  });

  test('a change that Vigie made later than the newest revision is the deploy', async () => {
    const decidedAt = new Date(Date.now() - 60_000).toISOString();
    const record: Partial<ChangeRecord> = {
      id: 'chg-1',
      tool: 'k8s_set',
      targets: [web],
      createdAt: decidedAt,
      decidedAt,
    };
    const changes: ChangeReader = {
      list: async () => [record as ChangeRecord],
      get: async () => record as ChangeRecord,
      wait: async () => record as ChangeRecord,
      wayBack: async () => [],
    };
    const shop = await openShop({ changes });
    const { data, text } = await shop.read(logsPatterns, named);
    expect(text).toContain('(change chg-1 (k8s_set))');
    expect(data['since']).toBe(decidedAt);
  });

  test('what has no deploys, and a time that is to come, are refused', async () => {
    const shop = await openShop();
    await expect(shop.read(logsPatterns, { namespace: 'shop' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('--namespace shop --since 1h'),
    });
    await expect(shop.read(logsPatterns, { ...named, target: 'svc/web' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('has no deploys'),
    });
    const since = '2999-01-01T00:00:00Z';
    await expect(shop.read(logsPatterns, { ...named, since })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
