import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import { limits } from '../../../src/core/limits.ts';
import { diagnosisAnswer, watchLine } from '../../../src/tools/k8s/diagnose/answer.ts';
import { k8sDiagnose } from '../../../src/tools/k8s/diagnose.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';
import { openShop, secretValue } from '../small-shop.ts';

const everywhere = { environment: { namespaces: undefined, clusterScoped: true } };
const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } },
});
const web = '/apis/apps/v1/namespaces/shop/deployments/web';

describe('k8s_diagnose', () => {
  test('of a cluster in which all is well finds nothing', async () => {
    const shop = await openShop({ named: 'shop', ...everywhere });
    const { data, text } = await shop.read(k8sDiagnose, { format: 'json' });
    expect(data).toMatchObject({ findings: [], notChecked: [], truncated: false });
    expect(data['summary']).toBe('test: nothing found wrong');
    expect(text).toBe('');
  });

  test('of a namespace that does not exist fails: nothing wrong with nothing is no clean bill', async () => {
    const shop = await openShop({ named: 'shop', ...everywhere });
    await expect(shop.read(k8sDiagnose, { namespace: 'shopp' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'See what there is: vigie k8s list namespaces',
    });
  });

  test('without a fix names the call that shows more of the first finding, whole', async () => {
    const shop = await openShop({ named: 'faults', ...everywhere });
    const target = { kind: 'Deployment', name: 'image-tag', namespace: 'ward' };
    const { data } = await shop.read(k8sDiagnose, { target });
    expect(data['next']).toContain(`k8s_describe {"target":${JSON.stringify(target)}}`);
    const missing = { ...target, name: 'volume-missing' };
    expect((await shop.read(k8sDiagnose, { target: missing })).data['next']).toBeUndefined();
  });

  test('tells the rows once: as text, or as data where that was asked for', async () => {
    const shop = await openShop({ named: 'faults', ...everywhere });
    const asText = await shop.read(k8sDiagnose, { namespace: 'ward' });
    expect(asText.data).not.toHaveProperty('findings');
    expect(asText.text).toMatch(/^CRITICAL \w+ \w+\/\S+ in ward: /m);
    const asData = await shop.read(k8sDiagnose, { namespace: 'ward', format: 'json' });
    expect(diagnosisAnswer.parse(asData.data).findings.length).toBeGreaterThan(3);
    expect(asData.text).toBe('');
  });

  test('of a broken namespace answers within 6 kB a page, and in pages all of it, each once', async () => {
    const shop = await openShop({ named: 'faults', ...everywhere });
    const all = await shop.read(k8sDiagnose, { format: 'json' });
    const seen: string[] = [];
    let skip = 0;
    for (let page = 0; page < 20; page += 1) {
      const { data } = await shop.read(k8sDiagnose, { namespace: 'ward', format: 'json', skip });
      expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThanOrEqual(6_000);
      const { findings, truncated, next } = diagnosisAnswer.parse(data);
      seen.push(...findings.map(({ code, object }) => `${code} ${object.name}`));
      skip += findings.length;
      if (!truncated) break;
      expect(next).toBe(`k8s_diagnose {"namespace": "ward", "skip": ${skip}}`);
    }
    expect(new Set(seen).size).toBe(seen.length);
    const whole = diagnosisAnswer.parse(all.data).findings;
    expect(seen.toSorted()).toEqual(whole.map(({ code, object }) => `${code} ${object.name}`).toSorted());
    for (const finding of whole)
      expect(Buffer.byteLength(JSON.stringify(finding)), finding.code).toBeLessThanOrEqual(1_200);
  });

  test('makes one of equal findings where not all of them fit, and names what it stands for', async () => {
    const shop = await openShop();
    for (let index = 0; index < 60; index += 1)
      await shop.send('POST', '/apis/apps/v1/namespaces/shop/deployments', {
        metadata: { name: `copy-${index}` },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: `copy-${index}` } },
          template: {
            metadata: { labels: { app: `copy-${index}` } },
            spec: { containers: [{ name: 'web', image: 'shop/gone:2' }] },
          },
        },
      });
    await shop.pass();
    const { data } = await shop.read(k8sDiagnose, { format: 'json' });
    const { findings } = diagnosisAnswer.parse(data);
    expect(findings.length).toBeLessThan(10);
    expect(findings.some(({ count, also }) => count === 60 && also?.length === 12)).toBe(true);
    const terminal = await openTerminal(shop);
    const [group] = terminal.filter(({ count }) => count === 60);
    expect(group?.also).toHaveLength(59);
  });

  async function openTerminal(shop: Awaited<ReturnType<typeof openShop>>) {
    const parsed = k8sDiagnose.parse({ format: 'json' });
    if (!parsed.ok) throw new Error('refused');
    const { data } = await parsed.run({ ...shop.context, budgetBytes: limits.responseBytes });
    return diagnosisAnswer.parse(data).findings;
  }

  test('of an object that does not exist says so', async () => {
    const shop = await openShop();
    const target = { kind: 'deploy', name: 'nobody', namespace: 'shop' };
    await expect(shop.read(k8sDiagnose, { target })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of one object leaves out what does not concern it', async () => {
    const shop = await openShop();
    await shop.send('PATCH', web, image('shop/gone:2'));
    await shop.pass();
    const about = async (kind: string, name: string, namespace: string) => {
      const { data } = await shop.read(k8sDiagnose, { target: { kind, name, namespace }, format: 'json' });
      return diagnosisAnswer.parse(data).findings.map(({ object }) => object.name);
    };
    expect(await about('deploy', 'web', 'shop')).toEqual(['web']);
    // The Service in front of it suffers from it.
    expect(await about('svc', 'web', 'shop')).toEqual(['web']);
    expect(await about('deploy', 'pay', 'payments')).toEqual([]);
  });

  test('can be watched on a terminal only', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sDiagnose, { watch: true })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

test('a watch tells an object of JSON a line, and answers with how things stood', async () => {
  const vigie = await startVigie({ world: 'faults', everywhere: true });
  const stop = new AbortController();
  const lines: string[] = [];
  try {
    const { data } = await vigie.call(
      'k8s_diagnose',
      { namespace: 'ward', watch: true },
      {
        signal: stop.signal,
        budgetBytes: 1e9,
        stream: line => {
          lines.push(line);
          stop.abort();
        },
      },
    );
    const told = lines.map(line => watchLine.parse(JSON.parse(line)));
    const appeared = told.flatMap(line => ('appeared' in line ? [line.appeared.code] : []));
    expect(appeared.length).toBeGreaterThan(10);
    expect(told.some(line => 'appeared' in line && line.appeared.fixes.length > 0)).toBe(true);
    const { findings, summary } = diagnosisAnswer.parse(data);
    expect(findings.map(({ code }) => code)).toEqual(appeared);
    expect(summary).toMatch(/^when the watch ended: \d+ critical/);
  } finally {
    await vigie.stop();
  }
});

describe('a fix of k8s_diagnose', () => {
  let vigie: TestVigie;
  beforeAll(async () => {
    vigie = await startVigie({ world: 'faults', everywhere: true });
  });
  afterAll(() => vigie.stop());

  const ask = async () => {
    const { data } = await vigie.call(
      'k8s_diagnose',
      { format: 'json', namespace: 'ward' },
      { budgetBytes: 1e9 },
    );
    return diagnosisAnswer.parse(data).findings;
  };

  test('was tried by the server and changed nothing; its call is taken as it stands', async () => {
    const before = await objectOf('service/ledger');
    const ledger = (await ask()).find(({ object }) => object.name === 'ledger' && object.kind === 'Service');
    const [fix] = ledger?.fixes ?? [];
    if (fix === undefined) throw new Error('no fix is offered');
    expect(fix.notPreviewed).toBeUndefined();
    expect(await objectOf('service/ledger')).toBe(before);
    const { status, data } = await vigie.call(fix.tool, fix.arguments);
    expect(status).toBe('approval_required');
    await vigie.approve(textOf(data, 'ticket'));
    const left = (await ask()).filter(({ object }) => object.name === 'ledger');
    expect(left).toEqual([]);
  });

  async function objectOf(path: string): Promise<string> {
    const [, name = ''] = path.split('/');
    const { data } = await vigie.call('k8s_get', {
      target: { kind: 'Service', name, namespace: 'ward' },
      format: 'json',
    });
    return JSON.stringify(data['object']);
  }
});

test('a value of a Secret in a log or a field leaves k8s_diagnose masked, also for whoever names it', async () => {
  const vigie = await startVigie({ world: 'faults', everywhere: true });
  const { sandbox } = vigie;
  const patch = {
    spec: { template: { spec: { containers: [{ name: 'web', image: `clinic/web:${secretValue.raw}` }] } } },
  };
  await send('POST', '/api/v1/namespaces/ward/secrets', {
    metadata: { name: 'db' },
    data: { password: secretValue.base64 },
  });
  await send('PATCH', '/apis/apps/v1/namespaces/ward/deployments/image-tag', patch);
  for (let step = 0; step < 6; step += 1) await sandbox.advance(20_000);
  const input = { target: { kind: 'deploy', name: 'image-tag', namespace: 'ward' } };
  for (const namespace of ['ward', secretValue.raw]) {
    const { data, text } = await vigie.call('k8s_diagnose', namespace === 'ward' ? input : { namespace });
    expect(JSON.stringify(data) + text).not.toContain(secretValue.raw);
  }
  await vigie.stop();

  async function send(method: string, path: string, body: unknown): Promise<void> {
    const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': type },
      body: JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
  }
});
