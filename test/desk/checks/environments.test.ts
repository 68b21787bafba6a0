import { afterEach, expect, test } from 'vitest';
import { isObject, type JsonObject, plainText } from '../../../src/core/json.ts';
import type { Check } from '../../../src/desk/checks/check.ts';
import { environmentChecks } from '../../../src/desk/checks/environments.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { askAsAdministrator } from '../../support/sandbox-client.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

let running: TestVigie | undefined;
afterEach(() => running?.stop());

/** A kubeconfig of an account that has one cluster role in the namespace shop. */
async function robotIn(sandbox: Sandbox, role: string): Promise<string> {
  const post = (path: string, body: JsonObject): Promise<JsonObject> =>
    askAsAdministrator(sandbox, { method: 'POST', path, body });
  const shop = '/api/v1/namespaces/shop/serviceaccounts';
  await post(shop, { metadata: { name: 'robot' } });
  await post('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', {
    metadata: { name: 'robot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'shop' }],
  });
  await sandbox.settled();
  const { status } = await post(`${shop}/robot/token`, { spec: {} });
  return sandbox.kubeconfig(isObject(status) ? plainText(status['token']) : '');
}

async function checks(vigie: TestVigie): Promise<Check[]> {
  const [environment] = vigie.vigie.environments;
  if (environment === undefined) throw new Error('no environment');
  const found: Check[] = [];
  const { signal } = new AbortController();
  for await (const check of environmentChecks(environment, { signal, readOnly: false })) found.push(check);
  return found;
}

test('an administrator of the cluster has the rights of every tool', async () => {
  running = await startVigie({ everywhere: true });
  const found = await checks(running);
  expect(found.filter(({ state }) => state === 'wrong')).toEqual([]);
  const said = found.map(({ what }) => what).join('\n');
  for (const tool of ['describe', 'top', 'set', 'run_job', 'exec', 'node'])
    expect(said).toContain(`k8s_${tool}`);
  expect(said).not.toContain('may not');
});

test('an account that may look hears which tools it has not, and a lack that is spared is not wrong', async () => {
  running = await startVigie({ kubeconfig: sandbox => robotIn(sandbox, 'view') });
  const found = await checks(running);
  const ofTool = (tool: string) => found.find(({ what }) => what.includes(tool) && what.includes('in shop'));
  expect(ofTool('k8s_describe')?.state).toBe('fine');
  for (const [tool, right] of [
    ['k8s_run_job', 'create jobs.batch'],
    ['k8s_exec, vigie k8s cp', 'create pods/exec'],
    ['vigie k8s port-forward', 'create pods/portforward'],
  ] as const)
    expect(ofTool(tool)).toMatchObject({ state: 'note', what: expect.stringContaining(right) });
  expect(found.some(({ what }) => what.includes('k8s_node'))).toBe(false);
});
