import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { send } from '../support/sandbox-client.ts';

/** Every kubectl to be found: the one of VIGIE_KUBECTL, the one of the PATH, and those kept by version. */
function findKubectls(): string[] {
  const kept = ['1.32', '1.36'].map(version => join(homedir(), '.local/share/kubectl', version, 'kubectl'));
  const inPath = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'kubectl'));
  const found = kept.filter(isProgram);
  const named = process.env['VIGIE_KUBECTL'];
  if (named !== undefined) return [named];
  return found.length > 0 ? found : inPath.filter(isProgram).slice(0, 1);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const kubectls = findKubectls();
if (kubectls.length === 0) test.skip('skipped: no kubectl (set VIGIE_KUBECTL to its path)', () => undefined);

const manifest = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello, namespace: shop, labels: {team: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec: {containers: [{name: hello, image: "${image}", ports: [{containerPort: 8080}]}]}
`;

describe.each(kubectls)('%s on the sandbox', kubectl => {
  let sandbox: Sandbox;
  let folder: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ world: await loadWorld('shop') });
    folder = mkdtempSync(join(tmpdir(), 'vigie-kubectl-'));
    writeFileSync(join(folder, 'kubeconfig'), sandbox.kubeconfig(), { mode: 0o600 });
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Ran {
    status: number;
    out: string;
    error: string;
  }

  /** Runs kubectl to its end, or until it has printed something; a command that hangs is a failure of the sandbox. */
  function run(
    args: string[],
    more: { input?: string; env?: Record<string, string>; until?: string } = {},
  ): Promise<Ran> {
    const all = ['--kubeconfig', join(folder, 'kubeconfig'), '--cache-dir', join(folder, 'cache'), ...args];
    return new Promise(resolve => {
      const child = execFile(
        kubectl,
        all,
        { timeout: 120_000, env: { ...process.env, HOME: folder, ...more.env } },
        (error, out, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ status, out, error: stderr });
        },
      );
      child.stdin?.end(more.input ?? '');
      let heard = '';
      child.stdout?.on('data', text => {
        heard += String(text);
        if (more.until !== undefined && heard.includes(more.until)) child.kill();
      });
    });
  }

  async function ok(
    args: string[],
    more: { input?: string; env?: Record<string, string> } = {},
  ): Promise<string> {
    const { status, out, error } = await run(args, more);
    expect({ args, status, error: status === 0 ? '' : error }).toEqual({ args, status: 0, error: '' });
    return out;
  }

  test('get shows the columns of a real cluster, wide ones too', async () => {
    const plain = await ok(['get', 'pods', '-n', 'shop']);
    expect(plain.split('\n')[0]).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/);
    const wide = await ok(['get', 'deploy', '-A', '-o', 'wide']);
    expect(wide.split('\n')[0]).toMatch(
      /^NAMESPACE +NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR$/,
    );
    expect(await ok(['get', 'all', '-n', 'shop'])).toContain('deployment.apps/');
  });

  test('api-resources, explain, version and cluster-info read what the sandbox says of itself', async () => {
    expect(await ok(['api-resources'])).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(await ok(['explain', 'deployment.spec.replicas'])).toContain('replicas');
    expect(await ok(['version'])).toContain('Server Version: v1.');
    expect(await ok(['cluster-info'])).toContain('is running at');
  });

  test('top prints what nodes and pods use', async () => {
    const nodes = await ok(['top', 'nodes']);
    expect(nodes.split('\n')[0]).toMatch(/^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\)/);
    expect(nodes).toMatch(/^shop-agent-1 +\d+m +\d+% +\d+Mi +\d+%/m);
    expect(await ok(['top', 'pods', '-n', 'shop'])).toMatch(/^api-\S+ +\d+m +\d+Mi/m);
    expect(await ok(['top', 'pods', '-A', '--containers', '--sort-by=cpu'])).toMatch(
      /^shop +api-\S+ +api +\d+m/m,
    );
  });

  test('apply, diff, rollout, scale, wait and delete carry a deployment through its life', async () => {
    const apply = ['apply', '-f', '-'];
    expect(await ok(apply, { input: manifest('acme/storefront:1.8.1') })).toBe(
      'deployment.apps/hello created\n',
    );
    expect(await ok(['rollout', 'status', 'deploy/hello', '-n', 'shop'])).toContain(
      'successfully rolled out',
    );
    expect(await ok(apply, { input: manifest('acme/storefront:1.8.1') })).toBe(
      'deployment.apps/hello unchanged\n',
    );

    const diff = await run(['diff', '-f', '-'], { input: manifest('acme/storefront:1.8.2') });
    expect(diff.status).toBe(1);
    expect(diff.out).toMatch(/^-.*image: acme\/storefront:1.8.1$/m);
    expect(diff.out).toMatch(/^\+.*image: acme\/storefront:1.8.2$/m);

    expect(await ok(apply, { input: manifest('acme/storefront:1.8.2') })).toBe(
      'deployment.apps/hello configured\n',
    );
    await ok(['rollout', 'status', 'deploy/hello', '-n', 'shop']);
    expect(await ok(['rollout', 'history', 'deploy/hello', '-n', 'shop'])).toMatch(/^1 +.*\n2 /m);
    await ok(['rollout', 'undo', 'deploy/hello', '-n', 'shop']);
    await ok(['rollout', 'restart', 'deploy/hello', '-n', 'shop']);
    await ok(['rollout', 'status', 'deploy/hello', '-n', 'shop']);
    const image = '-o=jsonpath={.spec.template.spec.containers[0].image}';
    expect(await ok(['get', 'deploy', 'hello', '-n', 'shop', image])).toBe('acme/storefront:1.8.1');

    await ok(['scale', 'deploy/hello', '--replicas=3', '-n', 'shop']);
    await ok([
      'wait',
      'deploy/hello',
      '-n',
      'shop',
      '--for=jsonpath={.status.readyReplicas}=3',
      '--timeout=120s',
    ]);
    expect(await ok(['describe', 'deploy', 'hello', '-n', 'shop'])).toMatch(
      /3 desired.*\n[^]*ScalingReplicaSet/,
    );
    await ok(['delete', 'deploy', 'hello', '-n', 'shop', '--timeout=120s']);
    const gone = await run(['get', 'deploy', 'hello', '-n', 'shop']);
    expect([gone.status, gone.error]).toEqual([
      1,
      'Error from server (NotFound): deployments.apps "hello" not found\n',
    ]);
  });

  test('apply --server-side owns its fields and reports who else does', async () => {
    const path = ['apply', '--server-side', '-f', '-'];
    const map = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned, namespace: shop}\ndata: {a: ${value}}\n`;
    expect(await ok(path, { input: map('one') })).toBe('configmap/owned serverside-applied\n');
    const other = await run([...path, '--field-manager=other'], { input: map('two') });
    expect(other.status).toBe(1);
    expect(other.error).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.a');
    await ok([...path, '--field-manager=other', '--force-conflicts'], { input: map('two') });
    expect(await ok(['get', 'cm', 'owned', '-n', 'shop', '-o=jsonpath={.data.a}'])).toBe('two');
  });

  test('a manifest with an unknown field is refused with the name of the field', async () => {
    const input = manifest('x').replace('replicas: 2', 'replicaz: 2');
    const { status, error } = await run(['apply', '-f', '-'], { input });
    expect(status).toBe(1);
    expect(error).toContain('unknown field "spec.replicaz"');
  });

  test('edit changes what its editor changed', async () => {
    await ok(['create', 'configmap', 'edited', '--from-literal=word=before', '-n', 'shop']);
    const env = { KUBE_EDITOR: 'sed -i s/before/after/' };
    expect(await ok(['edit', 'cm', 'edited', '-n', 'shop'], { env })).toContain('configmap/edited edited');
    expect(await ok(['get', 'cm', 'edited', '-n', 'shop', '-o=jsonpath={.data.word}'])).toBe('after');
    await ok(['label', 'cm', 'edited', 'colour=red', '-n', 'shop']);
    await ok(['annotate', 'cm', 'edited', 'note=x', '-n', 'shop']);
    expect(await ok(['get', 'cm', '-l', 'colour=red', '-n', 'shop', '-o', 'name'])).toBe(
      'configmap/edited\n',
    );
  });

  test('a List in one file makes its objects, and a field that no kind has is refused by name', async () => {
    const list = (field: string): string => `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: listed, namespace: shop}, ${field}: {colour: red}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: listed, namespace: shop}}
`;
    const apply = ['apply', '-f', '-'];
    const made = 'configmap/listed created\nserviceaccount/listed created\n';
    expect(await ok(apply, { input: list('data') })).toBe(made);
    const refused = await run(apply, { input: list('dat') });
    expect(refused).toMatchObject({ status: 1, error: expect.stringContaining('unknown field "dat"') });
  });

  test.each([
    ['configmap', 'made', '--from-literal=a=1'],
    ['secret', 'generic', 'made', '--from-literal=a=1'],
    ['serviceaccount', 'made'],
    ['deployment', 'made', '--image=acme/made:1', '--replicas=0'],
    ['job', 'made', '--image=acme/made:1', '--', 'echo', 'hello'],
    ['cronjob', 'made', '--image=acme/made:1', '--schedule=0 3 * * *'],
    ['role', 'made', '--verb=get', '--resource=pods'],
    ['rolebinding', 'made', '--role=made', '--user=zoe'],
    ['quota', 'made', '--hard=pods=30'],
    ['service', 'clusterip', 'made', '--tcp=80:8080'],
    ['pdb', 'made', '--min-available=1', '--selector=app=made'],
    ['ingress', 'made', '--rule=made.example/*=made:80'],
  ])('create %s, in whatever form kubectl sends it', async (...args) => {
    expect(await ok(['create', ...args, '-n', 'shop'])).toContain(' created');
  });

  test('what was sent as protobuf is stored as the object it says', async () => {
    await ok(['create', 'namespace', 'bytes']);
    await ok([
      'create',
      'deployment',
      'd',
      '--image=acme/made:1',
      '--replicas=0',
      '--port=80',
      '-n',
      'bytes',
    ]);
    const made = JSON.parse(await ok(['get', 'deploy', 'd', '-n', 'bytes', '-o', 'json'])) as Record<
      string,
      unknown
    >;
    expect(made).toMatchObject({
      metadata: { name: 'd', labels: { app: 'd' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'd' } },
        template: {
          spec: { containers: [{ name: 'made', image: 'acme/made:1', ports: [{ containerPort: 80 }] }] },
        },
      },
    });
    await ok(['autoscale', 'deployment', 'd', '--min=1', '--max=3', '-n', 'bytes']);
    expect(
      await ok(['get', 'hpa', 'd', '-n', 'bytes', '-o=jsonpath={.spec.minReplicas}-{.spec.maxReplicas}']),
    ).toBe('1-3');
    await ok(['delete', 'namespace', 'bytes', '--timeout=120s']);
  });

  test('auth asks who one is and what one may', async () => {
    expect(await ok(['auth', 'can-i', 'delete', 'pods', '-n', 'shop'])).toBe('yes\n');
    expect((await run(['auth', 'can-i', 'delete', 'pods', '-n', 'shop', '--as', 'mallory'])).out).toBe(
      'no\n',
    );
    expect(await ok(['auth', 'whoami'])).toContain('sandbox-admin');
    const refused = await run(['get', 'pods', '-n', 'shop', '--as', 'mallory']);
    expect(refused.error).toContain(
      'User "mallory" cannot list resource "pods" in API group "" in the namespace "shop"',
    );
  });

  test('logs are read, cut and stamped', async () => {
    const lines = (await ok(['logs', 'deploy/api', '-n', 'shop', '--tail=3', '--timestamps']))
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(3);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  });

  test('a node is cordoned and uncordoned', async () => {
    const node = (await ok(['get', 'nodes', '-o', 'name'])).trim().split('\n').at(-1) ?? '';
    await ok(['cordon', node.replace('node/', '')]);
    expect(await ok(['get', node])).toContain('SchedulingDisabled');
    await ok(['uncordon', node.replace('node/', '')]);
  });

  test('get -w tells what happens until it is ended', async () => {
    const until = 'configmap/watched';
    const watching = run(['get', 'cm', '-n', 'shop', '-w', '-o', 'name'], { until });
    const seen = async (): Promise<boolean> =>
      sandbox.requests().some(each => each.path.includes('/configmaps') && each.path.includes('watch=true'));
    await expect.poll(seen).toBe(true);
    await ok(['create', 'configmap', 'watched', '-n', 'shop']);
    expect((await watching).out).toContain(until);
  });

  test('exec runs what the model knows, with its input, output and exit code', async () => {
    const names = await ok(['get', 'pods', '-n', 'shop', '-o', 'name']);
    const pod = names.split('\n').find(name => name.includes('storefront')) ?? '';
    const exec = (command: string[], more: { input?: string; flags?: string[] } = {}): Promise<Ran> =>
      run(['exec', ...(more.flags ?? []), pod, '-n', 'shop', '--', ...command], more);
    expect(await exec(['hostname'])).toMatchObject({ status: 0, out: `${pod.replace('pod/', '')}\n` });
    expect(await exec(['cat'], { flags: ['-i'], input: 'typed\n' })).toMatchObject({
      status: 0,
      out: 'typed\n',
    });
    expect(await exec(['sh', '-c', 'false'])).toMatchObject({
      status: 1,
      error: 'command terminated with exit code 1\n',
    });
    expect((await exec(['psql'])).error).toMatch(
      /^error: Internal error occurred: .*exec: "psql": executable file not found in \$PATH/,
    );
    expect((await exec(['env'], { flags: ['-c', 'nope'] })).error).toContain(
      'container nope is not valid for pod',
    );
    expect((await exec(['curl', '-s', 'http://api:8080/healthz'])).out).toBe('ok\n');
  });

  test('cp carries files into a container and out of it', async () => {
    const names = await ok(['get', 'pods', '-n', 'shop', '-o', 'name']);
    const pod = (names.split('\n').find(name => name.includes('storefront')) ?? '').replace('pod/', '');
    const [from, to] = [join(folder, 'from.txt'), join(folder, 'to.txt')];
    writeFileSync(from, 'carried\n');
    await ok(['cp', from, `shop/${pod}:/tmp/there.txt`]);
    expect(await ok(['exec', pod, '-n', 'shop', '--', 'cat', '/tmp/there.txt'])).toBe('carried\n');
    await ok(['cp', `shop/${pod}:/tmp/there.txt`, to]);
    expect(readFileSync(to, 'utf8')).toBe('carried\n');
  });

  test('what is not simulated says so', async () => {
    const pod = (await ok(['get', 'pods', '-n', 'shop', '-o', 'name'])).split('\n')[0] ?? '';
    const attached = await run(['attach', pod, '-n', 'shop']);
    expect(attached.error).toContain('the sandbox does not simulate');
    const forwarded = await run(['port-forward', pod, '0:8080', '-n', 'shop']);
    expect(forwarded.error).toContain('the sandbox does not simulate the streams of SPDY');
  });

  test('create token gives one that the sandbox takes for the account, with the rights it has', async () => {
    const token = (await ok(['create', 'token', 'default', '-n', 'shop'])).trim();
    const path = '/api/v1/namespaces/shop/pods';
    const answer = await send({ url: sandbox.url, token }, { path });
    expect(answer.body['message']).toContain(
      'User "system:serviceaccount:shop:default" cannot list resource "pods"',
    );
  });
});
