import { describe, expect, test } from 'vitest';
import { k8sLogs } from '../../../src/tools/k8s/logs.ts';
import { openShop } from '../small-shop.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const pay = { kind: 'Deployment', name: 'pay', namespace: 'payments' };

const linesOf = (text: string) => text.split('\n').filter(line => line.startsWith('['));
const withoutPod = (line: string) => line.replace(/^\[\S+\] /, '');

describe('k8s_logs', () => {
  test('merges the pods of a workload and names the pod of each line', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(600_000);
    const { data, text } = await shop.read(k8sLogs, { target: web, tailLines: 30 });
    expect(data['pods']).toHaveLength(3);
    expect(data['lines']).toBeGreaterThan(0);
    for (const line of linesOf(text)) expect(line).toMatch(/^\[web-\S+\] /);
  });

  test('names pod and container where pods have several', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(600_000);
    const { text } = await shop.read(k8sLogs, { target: pay });
    expect(linesOf(text).join('\n')).toMatch(/^\[pay-\S+\/proxy\] /m);
    const one = await shop.read(k8sLogs, { target: pay, container: 'pay' });
    expect(one.text).not.toContain('/proxy]');
  });

  test('reads the pods of a Service', async () => {
    const shop = await openShop();
    const { data } = await shop.read(k8sLogs, { target: { ...web, kind: 'Service' } });
    expect(data['pods']).toHaveLength(3);
  });

  test('keeps the newest lines and no more than asked for', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(3_600_000);
    const few = await shop.read(k8sLogs, { target: web, tailLines: 4 });
    const many = await shop.read(k8sLogs, { target: web, tailLines: 40 });
    expect(few.data['lines']).toBe(4);
    expect(linesOf(many.text).slice(-4)).toEqual(linesOf(few.text));
  });

  test('filters before it cuts', async () => {
    const shop = await openShop({ context: { budgetBytes: 4_000_000 } });
    await shop.sandbox.advance(3_600_000);
    const all = linesOf((await shop.read(k8sLogs, { target: web, tailLines: 500 })).text).map(withoutPod);
    const earlier = all.find(line => line !== all.at(-1)) ?? '';
    const grep = `^${earlier.replaceAll(/[^\w ]/g, '\\$&')}$`;
    const { text, data } = await shop.read(k8sLogs, { target: web, tailLines: 1, grep });
    expect(data['lines']).toBe(1);
    expect(linesOf(text).map(withoutPod)).toEqual([earlier]);
  });

  test('fits its budget by showing the newest lines and says that it cut', async () => {
    const shop = await openShop({ context: { budgetBytes: 6_000 } });
    await shop.sandbox.advance(3_600_000);
    const answer = await shop.read(k8sLogs, { target: web, tailLines: 5_000 });
    expect(answer.data['truncated']).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(6_000);
    expect(answer.text).toContain('(cut:');
  });

  test('shows the other pods when one has no log yet, and says which and why', async () => {
    const shop = await openShop();
    const containers = [{ name: 'web', image: 'shop/gone:2' }];
    const path = '/apis/apps/v1/namespaces/shop/deployments/web';
    await shop.send('PATCH', path, { spec: { template: { spec: { containers } } } });
    await shop.pass();
    const { data, text } = await shop.read(k8sLogs, { target: web });
    expect(data['pods']).toHaveLength(4);
    expect(data['notRead']).toEqual([expect.stringMatching(/^web-\S+\/web: .*(waiting|start|pull)/i)]);
    expect(linesOf(text).length).toBeGreaterThan(0);
    expect(text).toContain('not read: web-');
    const alone = /not read: (web-[\w-]+)/.exec(text)?.[1] ?? '';
    const pod = { kind: 'Pod', name: alone, namespace: 'shop' };
    await expect(shop.read(k8sLogs, { target: pod })).rejects.toMatchObject({ name: 'VigieError' });
  });

  test('shows only what is newer than asked for', async () => {
    const shop = await openShop({ context: { budgetBytes: 4_000_000 } });
    await shop.sandbox.advance(3_600_000);
    const all = await shop.read(k8sLogs, { target: web, tailLines: 5_000 });
    const recent = await shop.read(k8sLogs, { target: web, tailLines: 5_000, sinceSeconds: 600 });
    expect(recent.data['lines']).toBeLessThan(Number(all.data['lines']));
    const [oldest] = linesOf(recent.text);
    expect(linesOf(all.text).indexOf(oldest ?? '')).toBeGreaterThan(0);
  });

  test('follows only where somebody reads a stream', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sLogs, { target: web, follow: true })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('terminal'),
    });
  });

  test('follows every pod until the caller has enough', async () => {
    const lines: string[] = [];
    const caller = new AbortController();
    const stream = (line: string) => {
      lines.push(line);
      if (lines.length === 5) caller.abort();
    };
    const shop = await openShop({ signal: caller.signal, context: { stream } });
    await shop.sandbox.advance(600_000);
    await expect(shop.read(k8sLogs, { target: web, follow: true, tailLines: 5 })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(line).toMatch(/^\[web-\S+\] /);
  });

  test('refuses two starting points, a broken pattern and a kind without pods', async () => {
    const shop = await openShop();
    const both = { target: web, sinceSeconds: 5, sinceTime: '2026-01-01T00:00:00Z' };
    await expect(shop.read(k8sLogs, both)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(shop.read(k8sLogs, { target: web, grep: '(' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
    await expect(shop.read(k8sLogs, { target: settings })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('has no pods'),
    });
  });
});
