import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { execIn, exited } from '../../support/exec-in.ts';
import { objectNamed, send, startShop } from '../../support/sandbox-client.ts';

function pod(name: string, more: JsonObject = {}): KubeObject {
  const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'shop/tool:1' }], ...more };
  return { ...objectNamed('Pod', name), metadata: { name, namespace: 'shop', labels: { app: name } }, spec };
}

const inShop = (kind: string, name: string, more: JsonObject): KubeObject => ({
  ...objectNamed(kind, name, more),
  metadata: { name, namespace: 'shop' },
});

const configured = pod('configured', {
  containers: [
    {
      name: 'c',
      image: 'shop/tool:1',
      env: [
        { name: 'PLAIN', value: 'a b' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
      ],
      envFrom: [{ configMapRef: { name: 'settings' } }],
      volumeMounts: [{ name: 'v', mountPath: '/etc/app' }],
    },
  ],
  volumes: [{ name: 'v', configMap: { name: 'settings' } }],
});

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    inShop('ConfigMap', 'settings', { data: { CURRENCY: 'EUR' } }),
    inShop('Secret', 'keys', { data: { token: Buffer.from('s3cret').toString('base64') } }),
    inShop('Service', 'web', {
      spec: { selector: { app: 'one' }, ports: [{ port: 80, targetPort: 8080 }], clusterIP: '10.43.0.9' },
    }),
    inShop('Service', 'empty', {
      spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }], clusterIP: '10.43.0.10' },
    }),
    pod('one'),
    configured,
    pod('two', {
      containers: [
        { name: 'c', image: 'shop/tool:1' },
        { name: 'side', image: 'shop/tool:1' },
      ],
    }),
    pod('gone', { containers: [{ name: 'c', image: 'shop/tool:does-not-exist' }] }),
  ]);
  await sandbox.advance(30_000);
});
afterAll(() => sandbox.close());

const run = (command: readonly string[], more: { pod?: string; stdin?: Buffer } = {}) =>
  execIn(sandbox, { pod: 'one', ...more, command });

describe('commands in a container', () => {
  test('env shows what the pod sets, from its ConfigMaps and Secrets too', async () => {
    const ran = await run(['env'], { pod: 'configured' });
    expect(ran).toMatchObject(exited(0));
    const lines = ran.stdout.tail.text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['PLAIN=a b', 'TOKEN=s3cret', 'CURRENCY=EUR', 'HOSTNAME=configured']),
    );
    expect((await run(['printenv', 'TOKEN'], { pod: 'configured' })).stdout.tail.text).toBe('s3cret\n');
    expect(await run(['printenv', 'NOPE'])).toMatchObject(exited(1));
  });

  test('mounted files are listed and read, and others do not exist', async () => {
    expect((await run(['ls', '/etc/app'], { pod: 'configured' })).stdout.tail.text).toBe('CURRENCY\n');
    expect((await run(['cat', '/etc/app/CURRENCY'], { pod: 'configured' })).stdout.tail.text).toBe('EUR');
    const missing = await run(['cat', '/etc/app/x'], { pod: 'configured' });
    expect(missing).toMatchObject({
      ...exited(1),
      stderr: { tail: { text: 'cat: /etc/app/x: No such file or directory\n' } },
    });
  });

  test('stdin reaches the command to its end, four megabytes of it', async () => {
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
    const ran = await run(['cat'], { stdin: bytes });
    expect(ran).toMatchObject({ ...exited(0), stdout: { bytes: bytes.length, tail: { cut: true } } });
  });

  test.each([
    [['true'], 0, ''],
    [['false'], 1, ''],
    [['echo', '-n', 'a', 'b'], 0, 'a b'],
    [['/bin/hostname'], 0, 'one\n'],
    [['sh', '-c', `echo "a  b" 'c'd`], 0, 'a  b cd\n'],
    [['sh', '-c', 'nope'], 127, 'sh: nope: not found\n'],
  ])('%j ends with %i', async (command, code, text) => {
    expect(await run(command)).toMatchObject({
      ...exited(code),
      [code === 0 ? 'stdout' : 'stderr']: { tail: { text } },
    });
  });

  test.each(['echo a | cat', 'echo $HOME', 'echo a > /tmp/x', 'a; b', 'echo `id`'])(
    'a shell that would have to work out %s says that it is not simulated',
    async line => {
      const ran = await run(['sh', '-c', line]);
      expect(ran).toMatchObject(exited(2));
      expect(ran.stderr.tail.text).toContain('simulates no shell');
    },
  );

  test.each([
    ['has hardly a blank', `cat ${'x'.repeat(6_000)} | wc`],
    ['has a quote that never ends', `cat ${"'x'".repeat(1_000)}'`],
    ['is longer than anybody writes', `echo ${'x'.repeat(9_000)}`],
    ['is empty', '  '],
  ])('a line for a shell that %s is answered at once', async (_case, line) => {
    expect(await run(['sh', '-c', line])).toMatchObject(exited(2));
  });

  test('a fault in a program is noted and ends its line', async () => {
    const broken = inShop('Service', 'broken', {
      spec: { clusterIP: '10.43.0.77', ports: [{ port: 80 }], selector: { app: 'nobody' } },
    });
    const slice = {
      ...inShop('EndpointSlice', 'broken-1', { addressType: 'IPv4', endpoints: [null], ports: [] }),
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { name: 'broken-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'broken' } },
    };
    const faulty = await startShop([broken, slice, pod('one')]);
    await faulty.advance(30_000);
    const noted = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const ran = execIn(faulty, { pod: 'one', command: ['curl', 'http://broken/'] });
    await expect(ran).rejects.toMatchObject({ code: 'BAD_RESPONSE', details: { outcomeUnknown: true } });
    expect(noted).toHaveBeenCalledWith(expect.stringContaining('fault'));
    noted.mockRestore();
    await faulty.close();
  });

  test('a program that no image has is refused in the words of the runtime', async () => {
    const ran = await run(['psql', '-c', 'select 1']);
    expect(ran.end).toMatchObject({
      how: 'failed',
      why: expect.stringMatching(/exec: "psql": executable file not found in \$PATH$/),
    });
  });

  test('the date is that of the cluster, and sleep is that of the caller', async () => {
    const before = Number((await run(['date', '+%s'])).stdout.tail.text);
    await sandbox.advance(3_600_000);
    expect(Number((await run(['date', '+%s'])).stdout.tail.text)).toBeGreaterThanOrEqual(before + 3_600);
    expect(await execIn(sandbox, { pod: 'one', command: ['sleep', '600'], timeoutMs: 200 })).toMatchObject({
      end: { how: 'timeout' },
    });
  });

  test('a command ends with its container', async () => {
    const path = '/api/v1/namespaces/shop/pods';
    await send(sandbox, { method: 'POST', path, body: pod('short') });
    await sandbox.advance(30_000);
    const execs = () => sandbox.requests().filter(each => each.path.includes('/short/exec?')).length;
    const running = run(['sleep', '600'], { pod: 'short' });
    await expect.poll(execs).toBe(1);
    await send(sandbox, { method: 'DELETE', path: `${path}/short?gracePeriodSeconds=0` });
    expect(await running).toMatchObject(exited(137));
  });

  test('what is written by tar is there until the container starts anew', async () => {
    const { packTar, unpackTar } = await import('../../../src/core/tar.ts');
    const archive = packTar([{ path: 'dir/a.txt', mode: 0o640, bytes: Buffer.from('hello') }]);
    expect(await run(['tar', '-xmf', '-', '-C', '/tmp'], { stdin: archive })).toMatchObject(exited(0));
    expect((await run(['cat', '/tmp/dir/a.txt'])).stdout.tail.text).toBe('hello');
    const chunks: Buffer[] = [];
    await execIn(sandbox, {
      pod: 'one',
      command: ['tar', 'cf', '-', '/tmp/dir'],
      stdout: bytes => chunks.push(bytes),
    });
    expect(unpackTar(Buffer.concat(chunks))).toMatchObject([{ path: 'tmp/dir/a.txt', mode: 0o640 }]);
    expect((await run(['cat', '/tmp/dir/a.txt'], { pod: 'two' })).end).toMatchObject({ code: 1 });
  });
});

describe('the network of a container', () => {
  test('a service answers through its ready pods', async () => {
    expect(await run(['curl', '-s', 'http://web/'])).toMatchObject({
      ...exited(0),
      stdout: { tail: { text: 'ok\n' } },
    });
    expect(await run(['wget', '-qO-', 'http://web.shop.svc.cluster.local:80/'])).toMatchObject(exited(0));
    expect(await run(['nc', '-z', '10.43.0.9', '80'])).toMatchObject(exited(0));
  });

  test('a service without endpoints refuses, and an unknown name does not resolve', async () => {
    expect((await run(['curl', 'http://empty/'])).end).toMatchObject({ code: 7 });
    expect((await run(['wget', '-qO-', 'http://empty/'])).stderr.tail.text).toContain(
      '(10.43.0.10): Connection refused',
    );
    expect((await run(['curl', 'http://example.com/'])).stderr.tail.text).toContain(
      'Could not resolve host: example.com',
    );
    expect((await run(['nc', '-z', '10.9.9.9', '80'])).end).toMatchObject({ code: 1 });
  });
});

describe('what is refused before a line is open', () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };

  test.each([
    ['pods/one/exec?command=env', {}, 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['pods/one/exec?command=env&stdout=true', {}, 400, 'Upgrade request required'],
    [
      'pods/two/exec?command=env&stdout=true',
      upgrade,
      400,
      'a container name must be specified for pod two, choose one of: [c side]',
    ],
    [
      'pods/one/exec?command=env&stdout=true&container=x',
      upgrade,
      400,
      'container x is not valid for pod one',
    ],
    ['pods/nobody/exec?command=env&stdout=true', upgrade, 404, 'pods "nobody" not found'],
    ['pods/one/exec?command=env&stdout=true', upgrade, 501, 'does not simulate the streams of SPDY'],
  ])('%s %j is answered with %i', async (path, headers, status, message) => {
    const answer = await send(sandbox, { method: 'POST', path: `/api/v1/namespaces/shop/${path}`, headers });
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(message) } });
  });

  test('a container that does not run is not found, in the words of a kubelet', async () => {
    const path = '/api/v1/namespaces/shop/pods/gone/exec?command=env&stdout=true';
    const answer = await send(sandbox, { method: 'POST', path, headers: upgrade });
    expect(answer).toMatchObject({ status: 500, text: 'container not found ("c")\n' });
  });

  test('a line needs the right to create it, even as a GET', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }];
    const group = 'rbac.authorization.k8s.io';
    const made = { apiVersion: `${group}/v1`, metadata: { name: 'looker', namespace: 'shop' } };
    const at = `/apis/${group}/v1/namespaces/shop`;
    await send(sandbox, { method: 'POST', path: `${at}/roles`, body: { ...made, kind: 'Role', rules } });
    const roleRef = { apiGroup: group, kind: 'Role', name: 'looker' };
    const subjects = [{ apiGroup: group, kind: 'User', name: 'bob' }];
    await send(sandbox, {
      method: 'POST',
      path: `${at}/rolebindings`,
      body: { ...made, kind: 'RoleBinding', roleRef, subjects },
    });
    const path = '/api/v1/namespaces/shop/pods/one/exec?command=env&stdout=true';
    const answer = await send(sandbox, {
      path,
      headers: { 'impersonate-user': 'bob', connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect(answer).toMatchObject({
      status: 403,
      body: {
        message:
          'pods "one" is forbidden: User "bob" cannot create resource "pods/exec" in API group "" in the namespace "shop"',
      },
    });
  });
});
