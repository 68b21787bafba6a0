import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { readDump } from '../../../src/diagnosis/dump/read-dump.ts';

const now = new Date('2026-11-22T12:00:00Z');

function dump(files: Record<string, string | Buffer>, namespace?: string) {
  return readDump(
    Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    {
      now,
      learn: () => {},
      masking: () => text => text,
      ...(namespace === undefined ? {} : { namespace }),
    },
  );
}

const deployment = (status = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, creationTimestamp: "2026-11-20T10:00:00Z"}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: shop/web:1, envFrom: [{secretRef: {name: db}}]}]}
${status}`;
const works = 'status: {replicas: 1, updatedReplicas: 1, readyReplicas: 1}';
const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n';
const secret = { kind: 'Secret', name: 'db', namespace: 'shop' };

describe('a dump', () => {
  test('of everything lacks the Secret that is not in it', async () => {
    const { snapshot, faults } = await dump({ 'all.yaml': `${deployment()}\n---\n${settings}` });
    expect(faults).toEqual([]);
    expect(snapshot.lacks(secret)).toBe(true);
  });

  test.each([
    ['what kubectl get all gives', { 'all.yaml': deployment() }],
    [
      'everything but the Secrets, one of which something that works needs',
      {
        'all.yaml': `${deployment(works)}\n---\n${settings}`,
      },
    ],
  ])('of %s does not know of Secrets', async (_, files) => {
    const { snapshot } = await dump(files);
    expect(snapshot.lacks(secret)).toBe(false);
    expect(snapshot.unread.map(({ kind }) => kind)).toContain('Secret');
  });

  test('says by an empty list that there is none', async () => {
    const { snapshot } = await dump({
      'all.yaml': deployment(works),
      'secrets.json': '{"apiVersion":"v1","kind":"List","items":[]}',
    });
    expect(snapshot.lacks(secret)).toBe(true);
  });

  test('of two namespaces says nothing of a third', async () => {
    const { snapshot } = await dump({ 'all.yaml': `${deployment()}\n---\n${settings}` });
    expect(snapshot.lacks({ ...secret, namespace: 'elsewhere' })).toBe(false);
  });

  test('knows no node of the cluster where none was dumped', async () => {
    const { snapshot } = await dump({ 'all.yaml': `${deployment()}\n---\n${settings}` });
    expect(snapshot.sees('Node')).toBe(false);
    expect(snapshot.sees('ServiceAccount', 'shop')).toBe(false);
  });

  test('was taken at the newest time in it that can be true', async () => {
    const { snapshot } = await dump({
      'a.yaml': deployment(
        'status: {conditions: [{type: Available, status: "True", lastTransitionTime: "2026-11-21T08:00:00Z"}]}',
      ),
      'b.yaml': `apiVersion: v1\nkind: Node\nmetadata: {name: n, creationTimestamp: "2099-01-01T00:00:00Z"}\n`,
    });
    expect(snapshot.takenAt).toEqual(new Date('2026-11-21T08:00:00Z'));
  });

  test('is read through marks, Windows line ends, tabs in values, lists and lists of one kind', async () => {
    const text = `${settings}data: {a: "x\\ty"}\n---\napiVersion: v1\nkind: List\nitems:\n- ${deployment().trim().replaceAll('\n', '\n  ')}\n`;
    const { snapshot, faults } = await dump({
      'windows.yaml': `\uFEFF${text.replaceAll('\n', '\r\n')}`,
      'nested/deeper/nodes.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'NodeList',
        items: [{ metadata: { name: 'n1' } }],
      }),
    });
    expect(faults).toEqual([]);
    expect(snapshot.find('Deployment', { name: 'web', namespace: 'shop' })).toBeDefined();
    expect(snapshot.find('ConfigMap', { name: 'settings', namespace: 'shop' })?.data).toEqual({ a: 'x\ty' });
    expect(snapshot.find('Node', { name: 'n1' })).toMatchObject({ apiVersion: 'v1' });
  });

  test('names what is malformed and reads the rest', async () => {
    const { snapshot, faults } = await dump({
      'broken.json': '{"kind": ',
      'broken.yaml': 'kind: [',
      'odd.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: 5}\n',
      'nameless.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {}\n',
      'scalar.json': '{"items": 5}',
      'other.txt': 'not looked at',
      'good.yaml': settings,
    });
    expect(faults.map(({ file }) => file).toSorted()).toEqual([
      'broken.json',
      'broken.yaml',
      'nameless.yaml',
      'odd.yaml',
    ]);
    expect(faults.find(({ file }) => file === 'odd.yaml')?.why).toMatch(/Pod\/p.*spec\.containers/);
    expect(snapshot.list('ConfigMap')).toHaveLength(1);
  });

  test('is survived whatever it holds', async () => {
    const { snapshot, faults } = await dump({
      'deep.json': `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":${'['.repeat(100_000)}`,
      'proto.json':
        '{"kind":"constructor","apiVersion":"v1","metadata":{"name":"toString","__proto__":{"x":1}},"__proto__":[]}',
      'kinds.json':
        '{"kind":"__proto__","apiVersion":"a/b/c/d","metadata":{"name":"hasOwnProperty","namespace":"__proto__"}}',
      'list.json':
        '{"kind":"List","apiVersion":"v1","items":[null,5,[],{"kind":"Pod"},{"kind":"List","items":[]}]}',
      'times.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t, namespace: s, creationTimestamp: "yesterday"}\n',
      'bytes.json': Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]),
      'x.log': 'no place in its name',
      'logs.txt': '==== END logs for container a of pod b/c ====',
    });
    expect(faults.map(({ file }) => file)).toContain('deep.json');
    expect(snapshot.takenAt).toEqual(now);
    expect(diagnose(snapshot).findings).toEqual([]);
  });

  test('takes logs as kubectl cluster-info dump and as people write them', async () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop}\nspec: {containers: [{name: web}]}\n';
    const bundled = [
      '==== START logs for container web of pod shop/web-1 ====',
      ...Array.from({ length: 300 }, (_, index) => `line ${index}`),
      '==== END logs for container web of pod shop/web-1 ====',
      '==== START logs for container side of pod shop/web-1 ====',
      'side says',
      '==== END logs for container side of pod shop/web-1 ====',
    ].join('\n');
    const one = await dump({ 'pod.yaml': pod, 'shop/web-1/logs.txt': bundled });
    const found = one.snapshot.find('Pod', { name: 'web-1', namespace: 'shop' });
    if (found === undefined) throw new Error('the pod was not read');
    expect(one.snapshot.logOf(found, 'web')?.lines).toHaveLength(50);
    expect(one.snapshot.logOf(found, 'web')?.lines.at(-1)).toBe('line 299');
    expect(one.snapshot.logOf(found, 'side')?.lines).toEqual(['side says']);
    const two = await dump({
      'pod.yaml': pod,
      'shop_web-1_web.log': 'now\n',
      'shop_web-1_web.previous.log': 'panic: before\n',
    });
    expect(two.snapshot.logOf(found, 'web')).toEqual({ lines: ['panic: before'], previous: true });
  });

  test.each([
    ['shop/web-1/web.log', false],
    ['logs/shop/web-1.log', false],
    ['web-1.log', false],
    ['web-1-web.txt', false],
    ['shop-web-1-previous.log', true],
    ['namespaces/shop/pods/web-1/web/web/logs/previous.log', true],
    ['pods/shop_web-1_0b1c/web/0.log', false],
  ])('knows by its pods whose log %s is', async (path, previous) => {
    const pods = ['web-1', 'web-2'].map(
      name =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\nspec: {containers: [{name: web}, {name: side}]}\n`,
    );
    const { snapshot } = await dump({ [path]: 'panic: here\n', 'pods.yaml': pods.join('---\n') });
    const [found, other] = snapshot.of('Pod');
    if (found === undefined || other === undefined) throw new Error('the pods were not read');
    expect(snapshot.logOf(found, 'web')).toEqual({ lines: ['panic: here'], previous });
    expect(snapshot.logOf(found, 'side')).toBeUndefined();
    expect(snapshot.logOf(other, 'web')).toBeUndefined();
  });

  test('takes a log of nobody for none of them', async () => {
    const pod = (namespace: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: web-0, namespace: ${namespace}}\nspec: {containers: [{name: web}]}\n`;
    const { snapshot } = await dump({
      'a.yaml': `${pod('a')}---\n${pod('b')}`,
      'web-0.log': 'of which?\n',
      'notes.txt': 'not of a pod\n',
    });
    expect(snapshot.of('Pod').map(each => snapshot.logOf(each, 'web'))).toEqual([undefined, undefined]);
  });

  test('in which an object lies twice holds it once, the newer', async () => {
    const at = (version: string, app: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop, resourceVersion: "${version}", labels: {app: ${app}}}\n`;
    const { snapshot } = await dump({ 'a.yaml': at('20', 'new'), 'b.yaml': at('9', 'old') });
    expect(snapshot.list('ConfigMap').map(({ metadata }) => metadata.labels?.['app'])).toEqual(['new']);
  });

  test('of one namespace is all that was asked for', async () => {
    const other = settings.replace('namespace: shop', 'namespace: other');
    const { snapshot } = await dump({ 'a.yaml': `${settings}---\n${other}` }, 'shop');
    expect(snapshot.list('ConfigMap').map(({ metadata }) => metadata.namespace)).toEqual(['shop']);
  });

  test('gives no value of its Secrets on', async () => {
    const { snapshot } = await dump({
      's.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ndata: {password: aHVudGVyMg==}\nstringData: {x: y}\n',
    });
    expect(snapshot.list('Secret')[0]).toMatchObject({ data: { password: '', x: '' } });
    expect(JSON.stringify(snapshot.list('Secret'))).not.toContain('aHVudGVyMg');
    expect(snapshot.list('Secret')[0]).not.toHaveProperty('stringData');
  });
});
