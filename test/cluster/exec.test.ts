import { readFileSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeConnection } from '../../src/clients/kube/connection.ts';
import type { ExecInput, KubeExecutor } from '../../src/clients/kube/executor.ts';
import { type KubeletStreams, startKubeletStreams } from './support/kubelet-streams.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

describeOnCluster('lines into pods through a real API server', binaries => {
  let cluster: Cluster;
  let kubelet: KubeletStreams;
  let connection: KubeConnection;
  let executor: KubeExecutor;
  let real: RealVigie;

  const podPath = '/api/v1/namespaces/shop/pods';
  const phaseOf = async (name: string) =>
    (await cluster.call({ method: 'GET', path: `${podPath}/${name}` })).body['status'];

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    const pod = (name: string, more: object = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'main', image: 'shop/web:1' }], ...more },
    });
    await cluster.make(podPath, pod('web'), pod('nowhere', { nodeSelector: { no: 'node' } }));
    connection = new KubeConnection({
      target: { via: 'kubeconfig', files: [cluster.kubeconfig], context: 'real', allowInsecure: false },
      bounds: { namespaces: undefined, clusterScoped: true },
      readOnly: false,
      userAgent: 'vigie/test',
    });
    executor = await connection.session(new AbortController().signal).executor();
    real = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  });

  afterAll(async () => {
    await real?.stop();
    connection?.close();
    kubelet?.close();
    await cluster?.stop();
  });

  const exec = (command: string[], more: Partial<ExecInput> = {}) =>
    executor.exec({
      pod: { name: 'web', namespace: 'shop' },
      container: 'main',
      command,
      timeoutMs: 60_000,
      signal: new AbortController().signal,
      ...more,
    });

  test('a node that cannot be reached, a pod without one and a container that is none start nothing', async () => {
    await expect.poll(() => phaseOf('web')).toMatchObject({ phase: 'Running' });
    await expect(exec(['env'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
    const nowhere = { pod: { name: 'nowhere', namespace: 'shop' } };
    await expect(exec(['env'], nowhere)).rejects.toMatchObject({
      code: 'REJECTED_BY_SERVER',
      message: expect.stringContaining('does not have a host assigned'),
    });
    await expect(exec(['env'], { container: 'other' })).rejects.toMatchObject({ code: 'REJECTED_BY_SERVER' });
    await expect(exec(['env'], { pod: { name: 'gone', namespace: 'shop' } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('with a kubelet behind it, words, input, output and exit code go through', async () => {
    kubelet = await startKubeletStreams();
    const { body } = await cluster.call({ method: 'GET', path: `${podPath}/web` });
    const { nodeName } = body['spec'] as { nodeName: string };
    const patched = await cluster.call({
      method: 'PATCH',
      path: `/api/v1/nodes/${nodeName}/status`,
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
        },
      },
    });
    expect(patched.status).toBe(200);
    const words = ['echo', 'a b', '', '&c=d#', 'ü'];
    expect(await exec(words)).toMatchObject({
      end: { how: 'exited', code: 0 },
      stdout: { tail: { text: `${words.slice(1).join(' ')}\n` } },
    });
    expect(kubelet.ran).toEqual([words]);
    expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
      end: { how: 'exited', code: 7 },
      stdout: { bytes: 4 },
      stderr: { bytes: 4 },
    });
    const bytes = Buffer.alloc(3_000_000, 'x');
    expect(await exec(['wc', '-c'], { stdin: bytes })).toMatchObject({
      stdout: { tail: { text: '3000000\n' } },
    });
    expect((await exec(['no-such-program'])).end).toMatchObject({ how: 'failed' });
  });

  test('a command that never ends is left, though the server keeps its own line to the kubelet: the process goes on', async () => {
    // The lines of the commands before are closed a moment after their ends.
    await expect.poll(() => kubelet.running()).toBe(0);
    expect((await exec(['sleep', '600'], { timeoutMs: 3_000 })).end).toEqual({ how: 'timeout' });
    expect(kubelet.running()).toBe(1);
  });

  test('a port of a pod answers', async () => {
    const [near, far] = duplexPair();
    const carrying = executor.forward({
      pod: { name: 'web', namespace: 'shop' },
      port: 8080,
      connection: near,
      signal: new AbortController().signal,
    });
    far.write('hello');
    expect(await text(far)).toBe('port 8080 heard hello');
    expect(await carrying).toEqual({ sentBytes: 5, receivedBytes: 21 });
  });

  test('the tool runs it once, by the one path', async () => {
    const before = kubelet.ran.length;
    const result = await real.change('k8s_exec', {
      pod: 'web',
      namespace: 'shop',
      command: ['echo', 'hello'],
    });
    expect(result.status).toBe('done');
    expect(result.text).toContain('  | hello');
    expect(kubelet.ran.slice(before)).toEqual([['echo', 'hello']]);
  });

  test('who may not open lines is refused before anybody is asked', async () => {
    const viewer = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfigFor('viewer'), 'utf8').replaceAll('viewer', 'real'),
    });
    try {
      const result = await viewer.call('k8s_exec', { pod: 'web', namespace: 'shop', command: ['env'] });
      expect(result.data).toMatchObject({ code: 'FORBIDDEN' });
    } finally {
      await viewer.stop();
    }
  });
});
