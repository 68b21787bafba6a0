import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import { makeCertificate, sendJson, startWire, statusOf, type Wire } from '../../support/wire.ts';

let folder: string;
let wires: Wire[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-kubeconfig-'));
  wires = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(wires.map(wire => wire.close()));
  rmSync(folder, { recursive: true });
});

async function versionWire(certificate?: { key: string; cert: string }): Promise<Wire> {
  const wire = await startWire(
    ({ response }) => sendJson(response, { body: { gitVersion: 'v1.36.2' } }),
    certificate,
  );
  wires.push(wire);
  return wire;
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

interface Parts {
  server: string;
  cluster?: object;
  user?: object;
}

function kubeconfig({ server, cluster, user }: Parts): string {
  return JSON.stringify({
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user: user ?? {} }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'mine' } }],
  });
}

function version(files: string[], more: { context?: string; allowInsecure?: boolean } = {}): Promise<string> {
  const connection = new KubeConnection({
    target: { via: 'kubeconfig', files, context: more.context, allowInsecure: more.allowInsecure ?? false },
    bounds: { namespaces: undefined, clusterScoped: false },
    readOnly: true,
    userAgent: 'vigie/test',
  });
  return connection
    .session(new AbortController().signal)
    .reader.serverVersion()
    .finally(() => connection.close());
}

test.each([
  ['a token', { token: 'abc' }, 'Bearer abc'],
  [
    'a name and password',
    { username: 'ann', password: 'pw' },
    `Basic ${Buffer.from('ann:pw').toString('base64')}`,
  ],
  ['nothing', {}, undefined],
])('a user with %s is that to the server', async (_what, user, authorization) => {
  const wire = await versionWire();
  expect(await version([write('config', kubeconfig({ server: wire.url, user }))])).toBe('v1.36.2');
  expect(wire.seen[0]?.headers.authorization).toBe(authorization);
});

test('a token file is read from beside its kubeconfig and wins over the token', async () => {
  const wire = await versionWire();
  mkdirSync(join(folder, 'deep'));
  write('deep/token', 'from-file\n');
  await version([
    write('deep/config', kubeconfig({ server: wire.url, user: { token: 'no', tokenFile: 'token' } })),
  ]);
  expect(wire.seen[0]?.headers.authorization).toBe('Bearer from-file');
});

test('a user who acts as another says so with groups, uid and extra', async () => {
  const wire = await versionWire();
  const user = {
    token: 't',
    as: 'joe',
    'as-uid': '7',
    'as-groups': ['a', 'b'],
    'as-user-extra': { Scope: ['x', 'y'] },
  };
  await version([write('config', kubeconfig({ server: wire.url, user }))]);
  expect(wire.seen[0]?.headers).toMatchObject({
    'impersonate-user': 'joe',
    'impersonate-uid': '7',
    'impersonate-group': 'a, b',
    'impersonate-extra-scope': 'x, y',
  });
});

test('a person who logs in again need not start Vigie again', async () => {
  const wire = await startWire(({ request, response }) => {
    const accepted = request.headers.authorization === 'Bearer new';
    sendJson(
      response,
      accepted ? { body: { gitVersion: 'v1.36.2' } } : { status: 401, body: statusOf(401, {}) },
    );
  });
  wires.push(wire);
  const file = write('config', kubeconfig({ server: wire.url, user: { token: 'old' } }));
  const connection = new KubeConnection({
    target: { via: 'kubeconfig', files: [file], context: undefined, allowInsecure: false },
    bounds: { namespaces: undefined, clusterScoped: false },
    readOnly: true,
    userAgent: 'vigie/test',
  });
  const { reader } = connection.session(new AbortController().signal);
  await expect(reader.serverVersion()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  write('config', kubeconfig({ server: wire.url, user: { token: 'new' } }));
  expect(await reader.serverVersion()).toBe('v1.36.2');
});

test('of several files the first to name something wins, and missing ones are skipped', async () => {
  const [first, second] = [await versionWire(), await versionWire()];
  const files = [
    join(folder, 'missing'),
    write('one', kubeconfig({ server: first.url, user: { token: 'one' } }).replace('"here"', '""')),
    write('two', kubeconfig({ server: second.url, user: { token: 'two' } })),
  ];
  await version(files);
  expect(first.seen[0]?.headers.authorization).toBe('Bearer one');
  expect(second.seen).toEqual([]);
});

test('the base path of a server stays before every path', async () => {
  const wire = await versionWire();
  await version([write('config', kubeconfig({ server: `${wire.url}/k8s/clusters/c-1/` }))]);
  expect(wire.seen[0]?.path).toBe('/k8s/clusters/c-1/version');
});

test.each([
  ['not YAML', 'users:\n  - name: u\n    user: {token: hunter2', 3],
  ['a key twice', 'users: []\nusers: [hunter2]', 2],
  ['an unknown tag', 'clusters: !!js/function hunter2', 1],
  ['a bomb of aliases', `a: &a [hunter2]\n${bomb()}`, undefined],
  ['nested without end', `a: ${'['.repeat(20_000)}`, undefined],
  ['users that are no list', 'users: hunter2', undefined],
])(
  'a kubeconfig that is or has %s is refused with its file and without its text',
  async (_what, text, line) => {
    const file = write('config', text);
    const failure: unknown = await version([file]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'KUBECONFIG',
      details: { file, ...(line === undefined ? {} : { line }) },
    });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('hunter2');
  },
);

function bomb(): string {
  const names = 'abcdefghij'.split('');
  return names
    .slice(1)
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${names[at]}`).join(', ')}]`)
    .join('\n');
}

test('a kubeconfig that others may write is refused, since it can name a command', async () => {
  const wire = await versionWire();
  const file = write('config', kubeconfig({ server: wire.url }));
  chmodSync(file, 0o620);
  await expect(version([file])).rejects.toMatchObject({
    code: 'KUBECONFIG',
    hint: expect.stringContaining('chmod 600'),
  });
});

test.each([
  [
    'a context that is not there',
    (url: string) => kubeconfig({ server: url }),
    { context: 'prod' },
    'no context "prod"',
  ],
  [
    'no current context',
    (url: string) => kubeconfig({ server: url }).replace('"here"', '""'),
    {},
    'no current context',
  ],
  ['a server that is no URL', () => kubeconfig({ server: 'file:///etc' }), {}, 'not a plain http(s) URL'],
  [
    'a password in its URL',
    () => kubeconfig({ server: 'https://a:hunter2@x' }),
    {},
    'not a plain http(s) URL',
  ],
  [
    'groups without a name',
    (url: string) => kubeconfig({ server: url, user: { 'as-groups': ['a'] } }),
    {},
    'without a name',
  ],
  [
    'a key without a certificate',
    (url: string) => kubeconfig({ server: url, user: { 'client-key-data': 'aGk=' } }),
    {},
    'without the other',
  ],
  [
    'a removed auth provider',
    (url: string) =>
      kubeconfig({
        server: url,
        user: { 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/false' } } },
      }),
    {},
    'credential plugin',
  ],
  [
    'a SOCKS proxy',
    (url: string) => kubeconfig({ server: url, cluster: { 'proxy-url': 'socks5://127.0.0.1:1' } }),
    {},
    'SOCKS',
  ],
])('a kubeconfig with %s says so', async (_what, text, more, why) => {
  const wire = await versionWire();
  const file = write('config', text(wire.url));
  await expect(version([file], more)).rejects.toMatchObject({
    code: 'KUBECONFIG',
    message: expect.stringContaining(why),
  });
});

test('without any kubeconfig the hint names a way to try Vigie', async () => {
  await expect(version([join(folder, 'none')])).rejects.toMatchObject({
    code: 'KUBECONFIG',
    hint: expect.stringContaining('vigie demo'),
  });
});

test('the certificate is checked, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const wire = await versionWire(makeCertificate('IP:127.0.0.1'));
  const file = write('config', kubeconfig({ server: wire.url }));
  await expect(version([file])).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('certificate'),
  });
  expect(wire.seen).toEqual([]);
});

test('a certificate authority of the cluster is trusted, for the name that the certificate carries', async () => {
  const certificate = makeCertificate('DNS:kube.internal');
  const wire = await versionWire(certificate);
  const cluster = { 'certificate-authority-data': Buffer.from(certificate.cert).toString('base64') };
  const plain = write('plain', kubeconfig({ server: wire.url, cluster }));
  await expect(version([plain])).rejects.toMatchObject({ code: 'UNREACHABLE' });
  const named = write(
    'named',
    kubeconfig({ server: wire.url, cluster: { ...cluster, 'tls-server-name': 'kube.internal' } }),
  );
  expect(await version([named])).toBe('v1.36.2');
});

test('insecure-skip-tls-verify works only where the environment allows it', async () => {
  const wire = await versionWire(makeCertificate('DNS:other'));
  const file = write(
    'config',
    kubeconfig({ server: wire.url, cluster: { 'insecure-skip-tls-verify': true } }),
  );
  await expect(version([file])).rejects.toMatchObject({
    code: 'KUBECONFIG',
    hint: expect.stringContaining('kube.insecureSkipTlsVerify'),
  });
  expect(await version([file], { allowInsecure: true })).toBe('v1.36.2');
});

test('a proxy-url carries an encrypted connection through', async () => {
  const certificate = makeCertificate('IP:127.0.0.1');
  const wire = await versionWire(certificate);
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  try {
    const cluster = {
      'certificate-authority-data': Buffer.from(certificate.cert).toString('base64'),
      'proxy-url': `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    };
    expect(await version([write('config', kubeconfig({ server: wire.url, cluster }))])).toBe('v1.36.2');
    expect(asked).toEqual([new URL(wire.url).host]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a kubeconfig that cannot be opened says where to look for the reason', async () => {
  const file = join(write('plain', ''), 'kubeconfig');
  await expect(version([file])).rejects.toMatchObject({
    code: 'KUBECONFIG',
    hint: expect.stringContaining(`ls -l '${file}'`),
  });
});
