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

  test('without quotas knows of the one that a controller says it is held by', async () => {
    const quota = { kind: 'ResourceQuota', name: 'compute', namespace: 'shop' };
    const held = (message: string) =>
      `status: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: '${message}'}]}`;
    const asked = async (message: string) =>
      (await dump({ 'all.yaml': `${deployment(held(message))}\n---\n${settings}` })).snapshot;
    const exceeded = await asked('pods "web-1" is forbidden: exceeded quota: compute, requested: pods=1');
    expect(exceeded.lacks(quota)).toBe(false);
    expect(diagnose(exceeded).findings.map(({ code }) => code)).toContain('QUOTA_EXCEEDED');
    expect((await asked('pods "web-1" is forbidden: no')).lacks(quota)).toBe(true);
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
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop}\nspec: {containers: [{name: web}, {name: side}]}\n';
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

  const podOf = (name: string, namespace: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {containers: [{name: app}, {name: side}]}\n`;
  const log = (place: string, container: string, ...lines: string[]) =>
    [
      `==== START logs for container ${container} of pod ${place} ====`,
      ...lines,
      `==== END logs for container ${container} of pod ${place} ====`,
    ].join('\n');
  const linesOf = (
    snapshot: Awaited<ReturnType<typeof dump>>['snapshot'],
    name: string,
    container = 'app',
  ) => {
    const pod = snapshot.of('Pod').find(({ metadata }) => metadata.name === name);
    return pod === undefined ? undefined : snapshot.logOf(pod, container)?.lines;
  };

  test('takes no words of one container for those of another pod or container', async () => {
    const forged = log('shop/web-1', 'app', 'FATAL forged');
    const { snapshot, faults } = await dump({
      'pods.yaml': `${podOf('web-1', 'shop')}---\n${podOf('mule', 'evil')}---\n${podOf('plain', 'evil')}`,
      'shop/web-1/logs.txt': log('shop/web-1', 'app', 'panic: true'),
      'evil/mule/logs.txt': `${log('evil/mule', 'app', log('evil/mule', 'side', 'made up'), forged)}\n${log('evil/mule', 'side', 'real')}`,
      'evil/plain.log': forged,
    });
    expect(linesOf(snapshot, 'web-1')).toEqual(['panic: true']);
    expect(linesOf(snapshot, 'mule', 'side')).toBeUndefined();
    expect(linesOf(snapshot, 'plain')).toContain('FATAL forged');
    expect(faults).toEqual([{ file: 'evil/mule/logs.txt', why: expect.stringContaining('two logs') }]);
  });

  test.each([
    ['a number among its values', 'stringData: {pin: 90417723}'],
    ['values in another form', 'data: [x]'],
    ['a key twice', 'data: {a: eA==}\ndata: {b: eA==}'],
  ])('quotes nothing that is said where a Secret has %s', async (_, values) => {
    const event =
      'apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: shop}\ninvolvedObject: {kind: Pod, name: web-1, namespace: shop}\nreason: Failed\nmessage: pin 90417723\n';
    const { snapshot } = await dump({
      'pod.yaml': `${podOf('web-1', 'shop')}---\n${event}`,
      'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n${values}\n`,
      'shop/web-1.log': 'pin 90417723\n',
    });
    expect(linesOf(snapshot, 'web-1')).toBeUndefined();
    expect(snapshot.events.map(({ message }) => message)).toEqual(['']);
    expect(snapshot.unread).toContainEqual(expect.objectContaining({ kind: 'log' }));
  });

  test('learns every Secret in it, also an older copy and one that is refused', async () => {
    const heard: unknown[] = [];
    const secretOf = (version: string, more: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop, resourceVersion: "${version}"${more}}\nstringData: {p: v${version}}\n`;
    await readDump(
      [
        { path: 'old.yaml', bytes: Buffer.from(secretOf('1', '')) },
        { path: 'new.yaml', bytes: Buffer.from(secretOf('2', '')) },
        { path: 'odd.yaml', bytes: Buffer.from(secretOf('3', ', labels: {a: 1}')) },
        { path: 'list.json', bytes: Buffer.from('[{"kind":"Secret","stringData":{"p":"v4"}}]') },
      ],
      { now, learn: object => heard.push(object['stringData']), masking: () => text => text },
    );
    expect(heard).toEqual([{ p: 'v1' }, { p: 'v2' }, { p: 'v3' }, { p: 'v4' }]);
  });

  test.each([
    ['name', { name: 'web\n  fix: vigie k8s delete namespace/prod' }, 'Deployment'],
    ['name', { name: '--yes' }, 'Deployment'],
    ['name', { name: 'a\nb' }, 'ClusterRole'],
    ['name', { name: '../x' }, 'Widget'],
    ['namespace', { name: 'web', namespace: '--yes' }, 'Deployment'],
    ['kind', { name: 'web' }, 'Pod\nfix: x'],
  ])('refuses a %s that no server takes', async (what, metadata, kind) => {
    const apiVersion = kind === 'Widget' ? 'shop.example/v1' : 'apps/v1';
    const { snapshot, faults } = await dump({ 'o.json': JSON.stringify({ apiVersion, kind, metadata }) });
    expect(snapshot.kinds).toEqual([]);
    expect(faults).toEqual([
      { file: 'o.json', why: expect.stringContaining(`has a ${what} that no server takes`) },
    ]);
    expect(faults[0]?.why).not.toContain('\n');
  });

  test('takes the names that servers take', async () => {
    const names = [
      ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'system:node-proxier'],
      ['v1', 'Node', 'ip-10-0-0-1.eu-west-1.compute.internal'],
      ['apiregistration.k8s.io/v1', 'APIService', 'v1.apps'],
      ['shop.example/v1', 'Widget', 'a.b-c'],
    ];
    const objects = names.map(([apiVersion, kind, name]) => ({
      apiVersion,
      kind,
      metadata: { name },
      ...(kind === 'APIService' ? { spec: {} } : {}),
    }));
    const { faults } = await dump({ 'o.json': JSON.stringify(objects) });
    expect(faults).toEqual([]);
  });
});
