import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { parseWorld } from '../../../src/sandbox/world.ts';
import { execIn, exited } from '../../support/exec-in.ts';

const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images:
  - match: shop/web
    startSeconds: 5
    ports: [8080]
    healthPath: /healthz
    needs: ['db.shop:5432']
    withoutPeers: unready
    commands: [curl, /bin/sh]
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {nodeName: n1, containers: [{name: c, image: 'shop/web:1'}]}
`;

let sandbox: Sandbox;
let connection: KubeConnection;
beforeAll(async () => {
  sandbox = await startSandbox({ world: parseWorld(world, 'test') });
  await sandbox.advance(60_000);
  connection = new KubeConnection({
    target: { via: 'direct', url: sandbox.url, token: sandbox.token },
    bounds: { namespaces: undefined, clusterScoped: true },
    readOnly: false,
    userAgent: 'vigie/test',
  });
});
afterAll(async () => {
  connection.close();
  await sandbox.close();
});

async function speak(port: number, said: string) {
  const executor = await connection.session(new AbortController().signal).executor();
  const [near, far] = duplexPair();
  const { signal } = new AbortController();
  const carrying = executor.forward({
    pod: { name: 'web', namespace: 'shop' },
    port,
    connection: near,
    signal,
  });
  far.write(said);
  return { heard: await text(far), carried: await carrying };
}

test('the program behind a port answers as its probes find it: its health path, and nothing else', async () => {
  const { heard, carried } = await speak(8080, 'GET /healthz?x=1 HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(heard).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\n\r\nunavailable\n$/);
  expect(carried.receivedBytes).toBe(heard.length);
  expect((await speak(8080, 'GET / HTTP/1.1\r\n\r\n')).heard).toMatch(/^HTTP\/1\.1 404 Not Found/);
});

test('what is no HTTP is hung up on', async () => {
  expect((await speak(8080, 'SSH-2.0-x\r\n\r\n')).heard).toBe('');
});

test('where nothing listens the node says that it was refused', async () => {
  const { heard, carried } = await speak(9090, 'GET / HTTP/1.1\r\n\r\n');
  expect(heard).toBe('');
  expect(carried.trouble).toContain('dial tcp4 127.0.0.1:9090: connect: connection refused');
});

test('a command in the pod finds the same, and only the programs that its image has', async () => {
  const run = (...command: string[]) => execIn(sandbox, { pod: 'web', command });
  expect(await run('curl', '-f', 'http://localhost:8080/healthz')).toMatchObject(exited(22));
  expect(await run('curl', 'http://localhost:9090/')).toMatchObject(exited(7));
  expect((await run('env')).end).toMatchObject({ how: 'failed' });
  expect((await run('/bin/sh', '-c', 'env')).stderr.tail.text).toBe('sh: env: not found\n');
});
