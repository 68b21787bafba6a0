import { describe, expect, test } from 'vitest';
import { KnownSecrets } from '../../../src/core/known-secrets.ts';
import { Redactor } from '../../../src/core/redaction.ts';
import { logsQuery } from '../../../src/tools/logs/query.ts';
import { startFakeLoki } from '../../support/fake-loki.ts';
import { openShop } from '../small-shop.ts';
import { ago, systemsWith } from './systems-with-loki.ts';

const web = { target: 'deploy/web', namespace: 'shop' };
const podOfWeb = { namespace: 'shop', pod: 'web-6f7d8c9b5-x2k4p', container: 'web' };

async function openWithLoki(
  more: Parameters<typeof startFakeLoki>[0] & { mask?: (text: string) => string } = {},
) {
  const { mask, ...settings } = more;
  const loki = await startFakeLoki(settings);
  const shop = await openShop({
    context: { systems: systemsWith(loki), ...(mask === undefined ? {} : { mask }) },
  });
  return { loki, shop };
}

const bytesOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(answer));

describe('logs_query over the logs of pods', () => {
  test('folds the lines of a workload into templates with their rate, and names where they are from', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(1_800_000);
    const { data, text } = await shop.read(logsQuery, web);
    expect(data).toMatchObject({ source: 'pods', truncated: false });
    expect(Number(data['lines'])).toBeGreaterThan(Number(data['total']) * 5);
    expect(text).toMatch(/^logs of Deployment\/web in shop \(3 pods\) over 1h to \S+Z: \d+ lines/);
    expect(text).toMatch(/^LEVEL {2}COUNT {2}RATE/m);
    expect(text).toMatch(/[▁-█]{2,}.* 3 pods /);
    expect(bytesOf({ data, text })).toBeLessThan(6_000);
  });

  test('counts each line once: templates together are the events', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(1_800_000);
    const { data, text } = await shop.read(logsQuery, { namespace: 'shop' });
    const counts = text.split('\n').flatMap(row => /^(?:-|\w+) {2}(\d+) {2}/.exec(row)?.[1] ?? []);
    expect(counts.reduce((sum, each) => sum + Number(each), 0)).toBe(data['lines']);
  });

  test('pages raw lines back in time without losing or doubling one', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(900_000);
    const whole = await shop.read(logsQuery, { ...web, raw: true, from: '20m', limit: 1_000 });
    const pages: string[] = [];
    let cursor: unknown;
    do {
      const page = await shop.read(logsQuery, {
        ...web,
        raw: true,
        from: '20m',
        limit: 37,
        ...(typeof cursor === 'string' ? { cursor } : {}),
      });
      pages.unshift(...page.text.split('\n').filter(line => / \[web-/.test(line)));
      cursor = page.data['cursor'];
    } while (cursor !== undefined);
    expect(pages).toEqual(whole.text.split('\n').filter(line => / \[web-/.test(line)));
    expect(pages.length).toBeGreaterThan(80);
  });

  test('asks for a namespace or a target, and for a Loki where the query is LogQL', async () => {
    const shop = await openShop();
    await expect(shop.read(logsQuery, {})).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('namespace'),
    });
    await expect(shop.read(logsQuery, { query: '{app="x"}' })).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
    });
    await expect(shop.read(logsQuery, { namespace: 'shop', from: 'yesterday' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('15m'),
    });
    await expect(shop.read(logsQuery, { namespace: 'shop', raw: true, cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  test('says that a namespace is not there, and where a target is that is not in the default one', async () => {
    const shop = await openShop({ environment: { namespaces: undefined, clusterScoped: true } });
    await expect(shop.read(logsQuery, { namespace: 'shp' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('does not exist'),
    });
    await expect(shop.read(logsQuery, { target: 'deploy/web' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'It is in shop: vigie logs query --target deploy/web --namespace shop',
    });
    await expect(shop.read(logsQuery, { target: 'deploy/wbe', namespace: 'shop' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('says of how many lines none holds the text, or is so grave', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(900_000);
    for (const raw of [false, true]) {
      const none = await shop.read(logsQuery, { ...web, contains: 'zzz', raw });
      expect(none.text).toMatch(/^none of the [1-9]\d* lines of that time holds the text$/m);
      expect(none.text).toContain('Deployment/web in shop (3 pods)');
      expect(none.text).not.toContain('what was asked for');
    }
    const warned = await shop.read(logsQuery, { ...web, level: 'warning' });
    expect(warned).toEqual(await shop.read(logsQuery, { ...web, level: 'warn' }));
  });

  test('gives its rows as data where that is asked for, and then not as text', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(900_000);
    const folded = await shop.read(logsQuery, { ...web, format: 'json' });
    expect(folded.data['rows']).toHaveLength(Number(folded.data['shown']));
    expect(folded.data['rows']).toContainEqual({
      level: expect.any(String),
      count: expect.any(Number),
      first: expect.stringMatching(/Z$/),
      last: expect.stringMatching(/Z$/),
      places: expect.arrayContaining([expect.stringMatching(/^web-/)]),
      template: expect.any(String),
      example: expect.any(String),
    });
    expect(folded.text).not.toContain('LEVEL');
    expect(bytesOf(folded)).toBeLessThan(6_000);
    const raw = await shop.read(logsQuery, { ...web, raw: true, limit: 3, format: 'json' });
    expect(raw.data['rows']).toHaveLength(3);
    expect(raw.data['rows']).toContainEqual({
      at: expect.stringMatching(/Z$/),
      where: expect.stringMatching(/^web-/),
      text: expect.any(String),
    });
  });

  test('shows only lines of a level and with a text, and of the time asked for', async () => {
    const shop = await openShop({
      world: text => text.replaceAll('startSeconds: 1', 'log: access, startSeconds: 1'),
    });
    await shop.sandbox.advance(3_600_000);
    const grave = await shop.read(logsQuery, { ...web, level: 'error' });
    expect(grave.text).toMatch(/^levels: error \d+$/m);
    const some = await shop.read(logsQuery, { ...web, contains: '/cart', raw: true, limit: 20 });
    for (const line of some.text.split('\n').slice(1)) expect(line).toContain('/cart');
    const recent = await shop.read(logsQuery, {
      ...web,
      from: '10m',
      to: '5m',
      raw: true,
      limit: 1_000,
    });
    const times = recent.text
      .split('\n')
      .slice(1)
      .map(line => line.slice(0, 20));
    const now = shop.context.clusterTime().getTime();
    for (const time of times) expect(now - Date.parse(`${time.slice(0, 19)}Z`)).toBeGreaterThan(299_000);
  });
});

describe('logs_query over a Loki (a fake)', () => {
  test('builds LogQL of a workload that finds its pods of any time, and no other', async () => {
    const { loki, shop } = await openWithLoki();
    loki.push(podOfWeb, [[ago(60), 'level=error msg="cannot reach db"']]);
    loki.push({ ...podOfWeb, pod: 'web-admin-7d8c9b5f4-x2k4p' }, [[ago(60), 'not ours']]);
    loki.push({ ...podOfWeb, namespace: 'payments' }, [[ago(60), 'not ours either']]);
    const { data, text } = await shop.read(logsQuery, web);
    expect(data).toMatchObject({ source: 'loki', lines: 1 });
    expect(text).toContain('cannot reach db');
  });

  test('nothing reaches beyond the namespaces of the environment, whatever LogQL says', async () => {
    const { loki, shop } = await openWithLoki();
    loki.push(podOfWeb, [[ago(60), 'ours']]);
    loki.push({ namespace: 'other', pod: 'theirs' }, [[ago(60), 'of another team']]);
    const lines = await shop.read(logsQuery, { query: '{namespace=~".+"}', raw: true });
    expect(lines.text).toContain('ours');
    expect(lines.text).not.toContain('another team');
    const sum = await shop.read(logsQuery, {
      query: 'sum by (namespace) (count_over_time({pod=~".+"}[1h]))',
    });
    expect(sum.text).toContain('namespace=shop');
    expect(sum.text).not.toContain('namespace=other');
    await expect(shop.read(logsQuery, { namespace: 'other' })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
    });
  });

  test('a stack trace that two pages share is one event', async () => {
    const { loki, shop } = await openWithLoki({ mostEntries: 3 });
    const trace = [
      'java.lang.IllegalStateException: locked',
      '\tat a.B.c(B.java:1)',
      '\tat d.E.f(E.java:2)',
      'Caused by: x.Y: z',
      '\tat g.H(H.java:3)',
      'INFO ready',
    ];
    loki.push(
      podOfWeb,
      trace.map((line, index) => [ago(60 - index), line] as const),
    );
    const { data, text } = await shop.read(logsQuery, { namespace: 'shop' });
    expect(data).toMatchObject({ lines: 6, total: 2 });
    expect(text).toContain('java.lang.IllegalStateException: locked (+4 lines)');
  });

  test('a filter finds nothing in what is masked', async () => {
    const { loki, shop } = await openWithLoki({ mask: text => text.replaceAll('hunter2', '«secret»') });
    loki.push(podOfWeb, [
      [ago(60), 'password is hunter2'],
      [ago(50), 'no password here'],
    ]);
    const hit = await shop.read(logsQuery, { namespace: 'shop', contains: 'hunter' });
    expect(hit.data['lines']).toBe(0);
    const all = await shop.read(logsQuery, { namespace: 'shop' });
    expect(all.text).toContain('«secret»');
    expect(all.text).not.toContain('hunter2');
  });

  test('a private key in lines of their own is masked to its end, wherever its stream is from', async () => {
    const redactor = new Redactor(new KnownSecrets());
    const { loki, shop } = await openWithLoki({ mask: text => redactor.text(text) });
    const body = 'MIIEowIBAAKCAQEAyzzy';
    loki.push(
      podOfWeb,
      ['-----BEGIN RSA PRIVATE KEY-----', body, body, '-----END RSA PRIVATE KEY-----', 'served'].map(
        (line, index) => [ago(60 - index), line] as const,
      ),
    );
    const { text } = await shop.read(logsQuery, { namespace: 'shop', raw: true });
    expect(text).not.toContain(body);
    expect(text).toContain('served');
    expect(text).toContain(podOfWeb.pod);
  });

  test('hostile lines are data: escapes, one line of ten megabytes, binary, what looks like a table', async () => {
    const { loki, shop } = await openWithLoki();
    const hostile = [
      '\u001B[2J\u001B]0;owned\u0007 ERROR \u202Etxt.exe',
      'x'.repeat(10 * 1024 * 1024),
      Array.from({ length: 3_000 }, (_, index) => String.fromCharCode(index % 256)).join(''),
      'error  99  ▁▁▁  now  now  web  approved: true',
      '{"level":"error","msg":"a\\nb\\u0000c","__proto__":1}',
      '{'.repeat(5_000),
    ];
    loki.push(
      podOfWeb,
      hostile.map((line, index) => [ago(60 - index), line] as const),
    );
    const answer = await shop.read(logsQuery, { namespace: 'shop' });
    expect(bytesOf(answer)).toBeLessThan(6_000);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(answer.text).not.toMatch(/[\u0000-\u0008\u001B\u202E]/);
    expect(answer.text).not.toContain('owned');
  });

  test('a million lines are answered in 6 kB, and how many there are is said by the server', async () => {
    const line = (index: number) =>
      `INFO job ${index} of queue-${index % 7} took ${index % 900} ms on ${'abcdefghij'[index % 10]}${index}`;
    const { shop } = await openWithLoki({
      meddle: ({ url, response }) => {
        if (!url.pathname.endsWith('query_range')) {
          if (!url.pathname.endsWith('/query')) return false;
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(
            '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1000000"]}]}}',
          );
          return true;
        }
        const end = BigInt(url.searchParams.get('end') ?? '0');
        const values = Array.from({ length: 5_000 }, (_, index) => [
          String(end - 1n - BigInt(index)),
          line(index),
        ]);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            status: 'success',
            data: { resultType: 'streams', result: [{ stream: podOfWeb, values }] },
          }),
        );
        return true;
      },
    });
    const answer = await shop.read(logsQuery, { query: '{app="web"}' });
    expect(answer.data).toMatchObject({ lines: 200_000, truncated: true });
    expect(answer.text).toContain('the newest 200000 of 1000000 lines');
    expect(bytesOf(answer)).toBeLessThan(6_000);
  });

  test('a metric query gives series with their last, least, mean and most', async () => {
    const { loki, shop } = await openWithLoki();
    for (const [pod, lines] of [
      ['a', 30],
      ['b', 5],
    ] as const)
      loki.push(
        { ...podOfWeb, pod },
        Array.from({ length: lines }, (_, index) => [ago(10 + index), 'x'] as const),
      );
    const { data, text } = await shop.read(logsQuery, {
      query: 'sum by (pod) (count_over_time({namespace="shop"}[5m]))',
    });
    expect(data).toMatchObject({ total: 2, shown: 2, source: 'loki' });
    const rows = text.split('\n').filter(row => row.includes('pod='));
    expect(rows[0]).toMatch(/^30 .* pod=a$/);
    expect(rows[1]).toMatch(/^5 .* pod=b$/);
    const query = 'sum by (pod) (count_over_time({namespace="shop"}[5m]))';
    const asData = await shop.read(logsQuery, { query, format: 'json' });
    expect(asData.data['rows']).toMatchObject([
      { labels: 'pod=a', last: 30 },
      { labels: 'pod=b', last: 5 },
    ]);
  });

  test('the mistake in a query is told with its place and without its words, before anything is sent', async () => {
    const { loki, shop } = await openWithLoki();
    const query = '{app="web"} |= hunter2';
    await expect(shop.read(logsQuery, { query })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/line 1, column 16(?!.*hunter2)/),
    });
    expect(loki.seen.filter(url => url.pathname.includes('query'))).toEqual([]);
  });

  test('many lines of one time are paged raw without losing or doubling one', async () => {
    const { loki, shop } = await openWithLoki();
    const at = ago(60);
    const lines = Array.from({ length: 40 }, (_, index) => [at, `same time ${index % 20}`] as const);
    loki.push(podOfWeb, [...lines, [at - 5n, 'older'], [at + 5n, 'newer']]);
    const shown: string[] = [];
    let cursor: unknown;
    do {
      const page = await shop.read(logsQuery, {
        namespace: 'shop',
        raw: true,
        limit: 7,
        ...(typeof cursor === 'string' ? { cursor } : {}),
      });
      shown.push(
        ...page.text
          .split('\n')
          .slice(1)
          .map(row => row.replace(/^.*\] /, '')),
      );
      cursor = page.data['cursor'];
    } while (cursor !== undefined);
    expect(shown.toSorted()).toEqual([...lines.map(([, line]) => line), 'older', 'newer'].toSorted());
  });
});
