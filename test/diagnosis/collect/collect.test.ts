import { describe, expect, onTestFinished, test } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import type { KubeReader } from '../../../src/clients/kube/reader.ts';
import { collect } from '../../../src/diagnosis/collect/collect.ts';
import type { Look } from '../../../src/diagnosis/collect/look.ts';
import type { Snapshot } from '../../../src/diagnosis/snapshot.ts';
import { type MeddledWire, startMeddledWire } from '../../support/meddled-wire.ts';
import { letLook, openShop, type Shop, secretValue } from '../../tools/small-shop.ts';

const badImage = { spec: { template: { spec: { containers: [{ name: 'web', image: 'shop/gone:2' }] } } } };
const everything = { environment: { namespaces: undefined, clusterScoped: true } };

function lookOf(shop: Shop, more: Partial<Look> = {}): Look {
  const { kube, environment, clusterTime } = shop.context;
  const { namespaces } = environment;
  return { kube, namespaces, clusterTime, masking: () => text => text, unread: [], ...more };
}

const names = (snapshot: Snapshot, kind: string) =>
  snapshot.list(kind).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);

function readerOver(wire: MeddledWire, shop: Shop): KubeReader {
  const connection = new KubeConnection({
    target: { via: 'direct', url: wire.url, token: shop.sandbox.token },
    bounds: { namespaces: undefined, clusterScoped: true },
    readOnly: true,
    userAgent: 'vigie-test',
  });
  onTestFinished(() => connection.close());
  return connection.session(new AbortController().signal).reader;
}

describe('collect', () => {
  test('reads pods that look wrong in full, and of the others their rows', async () => {
    const shop = await openShop();
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', badImage);
    await shop.pass();
    const snapshot = await collect(lookOf(shop));
    expect(snapshot.of('Pod').length).toBeGreaterThan(0);
    for (const pod of snapshot.of('Pod')) {
      expect(pod.spec.containers[0]?.image).toBe('shop/gone:2');
      expect(snapshot.ownerOf(pod)).toMatchObject({ kind: 'Deployment', metadata: { name: 'web' } });
    }
    expect(snapshot.rows.filter(({ namespace }) => namespace === 'payments')).toHaveLength(2);
    for (const row of snapshot.rows) expect(row).toMatchObject({ ready: true, status: 'Running' });
    expect(snapshot.unread).toEqual([]);
  });

  test('keeps the keys of a Secret and no value of it, also not where it was applied', async () => {
    const shop = await openShop();
    await shop.send('PATCH', '/api/v1/namespaces/shop/secrets/db', {
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': `{"data":"${secretValue.base64}"}`,
        },
      },
    });
    const snapshot = await collect(lookOf(shop));
    const secret = snapshot.find('Secret', { name: 'db', namespace: 'shop' });
    expect(secret?.data).toEqual({ password: '' });
    const held = JSON.stringify([secret]);
    expect(held).not.toContain(secretValue.base64);
    expect(held).not.toContain(secretValue.raw);
  });

  test('looks at the namespaces of the environment and at no other', async () => {
    const shop = await openShop();
    const snapshot = await collect(lookOf(shop));
    const places = names(snapshot, 'Deployment').concat(names(snapshot, 'ConfigMap'));
    expect(places.some(place => place.startsWith('shop/'))).toBe(true);
    expect(places.some(place => place.startsWith('other/'))).toBe(false);
    expect(snapshot.sees('Deployment', 'shop')).toBe(true);
    expect(snapshot.lacks({ kind: 'Deployment', name: 'nobody', namespace: 'other' })).toBe(false);
  });

  test('names what may not be read, and takes nothing there for missing', async () => {
    const shop = await openShop({ as: 'bob' });
    await letLook(shop, { user: 'bob', namespace: 'payments' });
    const snapshot = await collect(lookOf(shop));
    expect(names(snapshot, 'Deployment')).toEqual(['payments/pay']);
    expect(snapshot.unread).toContainEqual({ kind: 'Deployment', namespace: 'shop', why: 'not allowed' });
    expect(snapshot.unread).toContainEqual({ kind: 'Pod', namespace: 'shop', why: 'not allowed' });
    expect(snapshot.lacks({ kind: 'Deployment', name: 'x', namespace: 'shop' })).toBe(false);
    expect(snapshot.lacks({ kind: 'Deployment', name: 'x', namespace: 'payments' })).toBe(true);
  });

  test('of one namespace reads what is in it and what belongs to none', async () => {
    const shop = await openShop(everything);
    const snapshot = await collect(lookOf(shop, { namespace: 'payments' }));
    expect(names(snapshot, 'Deployment')).toEqual(['payments/pay']);
    expect(names(snapshot, 'ReplicaSet').length).toBeGreaterThan(0);
    expect(snapshot.rows.every(({ namespace }) => namespace === 'payments')).toBe(true);
    expect(snapshot.sees('Deployment', 'shop')).toBe(false);
  });

  test('takes no replica set for missing where it was not looked for', async () => {
    const shop = await openShop();
    const snapshot = await collect(lookOf(shop));
    expect(snapshot.lacks({ kind: 'ReplicaSet', name: 'x', namespace: 'payments' })).toBe(false);
    expect(snapshot.unread).toEqual([]);
  });

  test('a list that ends halfway is not checked, and what came of it is there', async () => {
    const shop = await openShop({ environment: { namespaces: undefined, clusterScoped: true } });
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    const service = { metadata: { name: 'first', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } };
    wire.meddle({
      before: ({ path }) => {
        if (!path.startsWith('/api/v1/services?')) return undefined;
        if (path.includes('continue='))
          return { status: 504, body: { kind: 'Status', message: 'timed out', code: 504 } };
        return { body: { kind: 'ServiceList', metadata: { continue: 'more' }, items: [service] } };
      },
    });
    const kube = readerOver(wire, shop);
    const snapshot = await collect(lookOf(shop, { kube }));
    expect(snapshot.unread).toEqual([{ kind: 'Service', why: expect.stringContaining('timed out') }]);
    expect(snapshot.lacks({ kind: 'Service', name: 'nobody', namespace: 'shop' })).toBe(false);
    expect(names(snapshot, 'Service')).toEqual(['shop/first']);
    expect(names(snapshot, 'Deployment')).toContain('shop/web');
    expect(wire.writes()).toEqual([]);
  });

  test('takes no kind for absent that the server must have, or whose server does not answer', async () => {
    const shop = await openShop(everything);
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    const version = (resource: string, kind: string) => ({
      version: 'v1',
      resources: [{ resource, responseKind: { kind }, scope: 'Namespaced', verbs: ['list'] }],
    });
    const items = [
      { metadata: { name: 'batch' }, versions: [version('jobs', 'Job')] },
      {
        metadata: { name: 'gateway.networking.k8s.io' },
        versions: [{ version: 'v1', resources: [], freshness: 'Stale' }],
      },
    ];
    wire.meddle({
      before: ({ path }) =>
        path === '/apis' ? { body: { kind: 'APIGroupDiscoveryList', items } } : undefined,
    });
    const snapshot = await collect(lookOf(shop, { kube: readerOver(wire, shop) }));
    const unread = snapshot.unread.map(({ kind }) => kind);
    expect(unread).toEqual(expect.arrayContaining(['Deployment', 'ReplicaSet', 'Role', 'HTTPRoute']));
    expect(unread).not.toContain('Certificate');
    expect(unread).not.toContain('Job');
  });

  test('begins a list anew that the server forgot halfway, holding nothing twice, and gives up in the end', async () => {
    const shop = await openShop(everything);
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    const service = (name: string) => ({
      metadata: { name, namespace: 'shop' },
      spec: { ports: [{ port: 80 }] },
    });
    let times = 1;
    let started = 0;
    wire.meddle({
      before: ({ path }) => {
        if (!path.startsWith('/api/v1/services?')) return undefined;
        if (!path.includes('continue=')) {
          started += 1;
          return { body: { kind: 'ServiceList', metadata: { continue: 'more' }, items: [service('first')] } };
        }
        if (times-- > 0) return { status: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } };
        return { body: { kind: 'ServiceList', metadata: {}, items: [service('second')] } };
      },
    });
    const kube = readerOver(wire, shop);
    const once = await collect(lookOf(shop, { kube }));
    expect(names(once, 'Service')).toEqual(['shop/first', 'shop/second']);
    expect(once.unread).toEqual([]);
    expect(started).toBe(2);
    times = Number.POSITIVE_INFINITY;
    started = 0;
    const never = await collect(lookOf(shop, { kube }));
    expect(never.unread).toEqual([{ kind: 'Service', why: expect.stringContaining('too old') }]);
    expect(never.lacks({ kind: 'Service', name: 'nobody', namespace: 'shop' })).toBe(false);
    expect(started).toBe(3);
  });

  test('keeps warnings of what looks wrong or is gone, and none of pods that are well', async () => {
    const shop = await openShop(everything);
    const well = (await collect(lookOf(shop))).rows.find(({ namespace }) => namespace === 'payments');
    if (well === undefined) throw new Error('no pod of the shop is well');
    const warn = (name: string) =>
      shop.send('POST', '/api/v1/namespaces/payments/events', {
        metadata: { name: `${name}.1`, namespace: 'payments' },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace: 'payments' },
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Readiness probe failed',
        reportingComponent: 'kubelet',
      });
    await warn(well.name);
    await warn('long-gone');
    const snapshot = await collect(lookOf(shop));
    const told = snapshot.events.filter(({ reason }) => reason === 'Unhealthy');
    expect(told.map(({ involvedObject }) => involvedObject.name)).toEqual(['long-gone']);
  });

  test('looks through the events twice, and keeps of those that are no warnings what tells something', async () => {
    const shop = await openShop(everything);
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    for (const reason of ['Killing', 'Pulled', 'Sync'])
      await shop.send('POST', '/api/v1/namespaces/payments/events', {
        metadata: { name: `gone.${reason.toLowerCase()}`, namespace: 'payments' },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'gone', namespace: 'payments' },
        type: 'Normal',
        reason,
        reportingComponent: 'kubelet',
      });
    const paths: string[] = [];
    wire.meddle({ before: ({ path }) => void paths.push(path) });
    const snapshot = await collect(lookOf(shop, { kube: readerOver(wire, shop) }));
    const told = snapshot.events.filter(({ involvedObject }) => involvedObject.name === 'gone');
    expect(told.map(({ reason }) => reason)).toEqual(['Killing']);
    expect(paths.filter(path => path.startsWith('/api/v1/events?'))).toHaveLength(2);
  });

  const warningOf = (namespace: string, name: string) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone', namespace },
    type: 'Warning',
    reason: 'FailedCreate',
    message: 'no',
  });

  /** Lists of warnings that begin with so many of one namespace, and go on for as long as anybody asks. */
  async function stormIn(shop: Shop, { pages }: { pages: number }) {
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    await shop.send('POST', '/api/v1/namespaces/shop/events', warningOf('shop', 'quiet.1'));
    const answered: string[] = [];
    wire.meddle({
      before: ({ path }) => {
        const url = new URL(path, 'http://cluster');
        const isWarnings = url.searchParams.get('fieldSelector') === 'type=Warning';
        if (!isWarnings || !/^\/api\/v1\/(?:namespaces\/payments\/)?events$/.test(url.pathname))
          return undefined;
        answered.push(url.pathname);
        const page = Number(url.searchParams.get('continue') ?? '0');
        const items =
          page < pages
            ? Array.from({ length: 500 }, (_, index) => warningOf('payments', `storm.${page}-${index}`))
            : [warningOf('shop', 'quiet.1')];
        const metadata = page < pages ? { continue: `${page + 1}` } : {};
        return { body: { apiVersion: 'v1', kind: 'EventList', metadata, items } };
      },
    });
    return { kube: readerOver(wire, shop), answered };
  }

  const toldOf = (snapshot: Snapshot, place: string) =>
    snapshot.events
      .filter(({ metadata }) => metadata.namespace === place)
      .map(({ metadata }) => metadata.name);

  test('keeps the warnings of one namespace however many another has, and says of whose some were left out', async () => {
    const shop = await openShop(everything);
    const { kube } = await stormIn(shop, { pages: 24 });
    const snapshot = await collect(lookOf(shop, { kube }));
    expect(toldOf(snapshot, 'shop')).toContain('quiet.1');
    expect(toldOf(snapshot, 'payments')).toHaveLength(9_999);
    expect(snapshot.unread).toEqual([
      { kind: 'Event', namespace: 'payments', why: expect.stringContaining('its share of the 10000') },
    ]);
  });

  test('reads the warnings of each namespace that a list without end stands before by themselves', async () => {
    const shop = await openShop(everything);
    const { kube, answered } = await stormIn(shop, { pages: Number.POSITIVE_INFINITY });
    const snapshot = await collect(lookOf(shop, { kube }));
    expect(answered).toHaveLength(80);
    expect(toldOf(snapshot, 'shop')).toContain('quiet.1');
    expect(snapshot.unread).toContainEqual({
      kind: 'Event',
      namespace: 'payments',
      why: expect.stringContaining('40000 that were looked at'),
    });
    expect(snapshot.unread.every(({ namespace }) => namespace === 'payments')).toBe(true);
  });

  test('of the namespaces of an environment none takes the warnings of another', async () => {
    const shop = await openShop({ environment: { namespaces: ['payments', 'shop'], clusterScoped: true } });
    const { kube } = await stormIn(shop, { pages: Number.POSITIVE_INFINITY });
    const bounded = await collect(lookOf(shop, { kube, namespaces: ['payments', 'shop'] }));
    expect(toldOf(bounded, 'shop')).toContain('quiet.1');
  });

  test('asks for rows without objects from the memory of the server, and only for pods that look wrong by name', async () => {
    const shop = await openShop(everything);
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', badImage);
    await shop.pass();
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    const snapshot = await collect(lookOf(shop, { kube: readerOver(wire, shop) }));
    const paths = wire.passed.map(({ path }) => path).filter(path => path.includes('/pods'));
    const tables = paths.filter(path => path.includes('includeObject=None'));
    expect(tables.length).toBeGreaterThan(2);
    expect(tables.every(path => path.includes('resourceVersion=0'))).toBe(true);
    const named = paths.filter(path => /\/pods\/[^/?]+$/.test(path.split('?')[0] ?? ''));
    expect(named).toHaveLength(snapshot.of('Pod').length);
    expect(wire.writes()).toEqual([]);
  });

  test('sees all pods in one table where nobody may list the namespaces', async () => {
    const shop = await openShop(everything);
    const wire = await startMeddledWire(shop.sandbox);
    onTestFinished(() => wire.close());
    const forbidden = {
      status: 403,
      body: { kind: 'Status', reason: 'Forbidden', message: 'no', code: 403 },
    };
    wire.meddle({
      before: ({ path }) => (/^\/api\/v1\/namespaces(\?|$)/.test(path) ? forbidden : undefined),
    });
    const snapshot = await collect(lookOf(shop, { kube: readerOver(wire, shop) }));
    expect(new Set(snapshot.rows.map(({ namespace }) => namespace))).toEqual(new Set(['shop', 'payments']));
    expect(snapshot.unread).toContainEqual({ kind: 'Namespace', why: 'not allowed' });
    expect(snapshot.sees('Pod', 'shop')).toBe(true);
  });

  test('keeps of who wrote an object when, and not what', async () => {
    const shop = await openShop();
    const snapshot = await collect(lookOf(shop));
    const writers = snapshot.list('Deployment').flatMap(({ metadata }) => metadata.managedFields ?? []);
    expect(writers.length).toBeGreaterThan(0);
    for (const writer of writers) {
      expect(writer).toHaveProperty('manager');
      expect(writer).not.toHaveProperty('fieldsV1');
    }
  });

  test('stops when it is told to', async () => {
    const stop = new AbortController();
    const shop = await openShop({ signal: stop.signal });
    stop.abort();
    await expect(collect(lookOf(shop))).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('reads what a container said before it ended, masked line by line, and of replicas only two', async () => {
    const shop = await openShop({ named: 'faults', ...everything });
    const masked: string[] = [];
    const masking = () => (text: string) => {
      masked.push(text);
      return `m:${text}`;
    };
    const snapshot = await collect(lookOf(shop, { masking }));
    const crashing = snapshot.of('Pod').filter(pod => pod.metadata.name.startsWith('program-broken'));
    expect(crashing).toHaveLength(1);
    const [pod] = crashing;
    const log = pod === undefined ? undefined : snapshot.logOf(pod, 'worker');
    expect(log?.previous).toBe(true);
    expect(log?.lines.length).toBeGreaterThan(0);
    expect(log?.lines.every(line => line.startsWith('m:'))).toBe(true);
    expect(masked.length).toBeGreaterThan(0);
  });
});
