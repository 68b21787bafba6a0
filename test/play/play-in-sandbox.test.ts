import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { defaultBudget } from '../../src/core/budget.ts';
import type { Policy } from '../../src/core/policy.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import type { PlayOrder } from '../../src/engine/play-order.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';
import { loadWorld } from '../../src/sandbox/world.ts';

const head = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
`;
/** A step that gives web so many pods. */
const scaled = (replicas: number): string =>
  `tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: ${replicas}, waitSeconds: 120}`;
const dayMs = 86_400_000;

async function orderOf(text: string, more: Partial<PlayOrder> = {}): Promise<PlayOrder> {
  const source = head + text;
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  return {
    world: await loadWorld('test/fixtures/worlds/small.yaml'),
    playbook: read.playbook,
    digest: read.digest,
    source,
    inputs: {},
    definitionOf: async name => {
      throw new Error(`there is no ${name}`);
    },
    signal: new AbortController().signal,
    ...more,
  };
}

const version = '0.0.0';
const rules: Policy = {
  low: 'ask',
  medium: 'ask',
  high: 'deny',
  approvers: { medium: ['oncall'], fourEyes: true },
  elicitation: false,
  maxTargets: 5,
  ticketTtlSeconds: 3600,
  budget: defaultBudget,
  freeze: [],
  protect: [],
};

test('a day that a playbook waits is over at once, and a person who would be asked is not waited for', async () => {
  const order = await orderOf(`timeout: 3d
steps:
  - {id: nap, wait: {for: 1d}}
  - {id: more, ${scaled(4)}}
  - {id: none, ${scaled(0)}}
`);
  await playInSandbox(order, {
    version,
    use: async ({ run, changes, assumed, tookMs, sandbox }) => {
      expect(run).toMatchObject({ status: 'done', environment: 'demo' });
      expect(changes.map(({ state, risk }) => ({ state, risk }))).toEqual([
        { state: 'done', risk: 'low' },
        { state: 'done', risk: 'high' },
      ]);
      expect(assumed).toEqual([changes[1]?.id]);
      expect(changes[1]?.decidedBy).toMatch(/sandbox/);
      expect(tookMs).toBeGreaterThan(dayMs);
      expect(tookMs).toBeLessThan(dayMs + 600_000);
      expect(sandbox.requests().length).toBeGreaterThan(0);
    },
  });
});

test('the rules of the environment that it stands for hold: what is denied there is denied, and its name is what a run sees', async () => {
  const order = await orderOf(
    `steps:
  - {id: more, ${scaled(4)}}
  - {id: where, set: {name: "\${{ run.environment }}"}}
  - {id: none, if: steps.where.output.name == "prod", ${scaled(0)}}
onFailure: {undo: completedInReverse}
`,
    { environment: { name: 'prod', rules, namespaces: ['shop'], clusterScoped: false } },
  );
  await playInSandbox(order, {
    version,
    use: async ({ run, changes, assumed, call }) => {
      expect(run).toMatchObject({ status: 'failed', output: { failure: { code: 'DENIED' } } });
      expect(assumed).toHaveLength(2);
      expect(changes.map(({ environment, state }) => ({ environment, state }))).toEqual([
        { environment: 'prod', state: 'done' },
        { environment: 'prod', state: 'done' },
      ]);
      expect(changes[0]?.undoneBy).toBe(changes[1]?.id);
      const outside = await call('k8s_list', { kind: 'Pod', namespace: 'kube-system' });
      expect(outside.data['code']).toBe('OUT_OF_BOUNDS');
    },
  });
});

test('what it calls is played with it', async () => {
  const called = `${head.replace('trial', 'called')}timeout: 1d\nsteps: [{id: nap, wait: {for: 2h}}, {id: more, ${scaled(4)}}]`;
  const read = await readPlaybook(called);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  const { digest } = read;
  const order = await orderOf('timeout: 1d\nsteps: [{id: one, playbook: called}]', {
    definitionOf: async () => ({ digest, source: called }),
  });
  await playInSandbox(order, {
    version,
    use: async played => {
      expect(played.run.status).toBe('done');
      expect(played.called.map(({ name, status }) => ({ name, status }))).toEqual([
        { name: 'called', status: 'done' },
      ]);
      expect(played.changes).toHaveLength(1);
    },
  });
});

test('what is broken before the run is there when it begins', async () => {
  const order = await orderOf(
    'steps: [{id: look, tool: k8s_diagnose, with: {namespace: shop, format: json}}]',
    {
      before: async sandbox => {
        const response = await fetch(`${sandbox.url}/apis/apps/v1/namespaces/shop/deployments/web`, {
          method: 'PATCH',
          headers: {
            authorization: `Bearer ${sandbox.token}`,
            'content-type': 'application/strategic-merge-patch+json',
          },
          body: JSON.stringify({
            spec: { template: { spec: { containers: [{ name: 'web', image: 'shop/gone:1' }] } } },
          }),
        });
        expect(response.status).toBe(200);
        await sandbox.advance(120_000);
      },
    },
  );
  await playInSandbox(order, {
    version,
    use: async ({ run }) => {
      expect(JSON.stringify(run.steps)).toContain('shop/gone:1');
    },
  });
});

test('stopped in the middle it ends, and leaves neither a folder nor a server behind', async () => {
  const left = ownTemporary();
  const stop = new AbortController();
  let url = '';
  const order = await orderOf(
    'timeout: 30d\nsteps: [{id: nap, wait: {tool: k8s_list, with: {kind: Pod}, until: output.total > 9000, every: 1s, within: 7d}}]',
    {
      signal: stop.signal,
      before: async sandbox => {
        ({ url } = sandbox);
        setTimeout(() => stop.abort(), 300);
      },
    },
  );
  const played = playInSandbox(order, { version, use: async () => 'played' });
  await expect(played).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(left()).toEqual([]);
  await expect(fetch(url)).rejects.toThrow();
});

test('a use that fails leaves nothing behind either', async () => {
  const left = ownTemporary();
  const order = await orderOf('steps: [{id: nap, wait: {for: 1s}}]');
  const failing = playInSandbox(order, {
    version,
    use: async () => {
      throw new Error('not as it should be');
    },
  });
  await expect(failing).rejects.toThrow('not as it should be');
  expect(left()).toEqual([]);
});

/** Where temporary files of this test go, and what lies there. */
function ownTemporary(): () => string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-test-'));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return () => readdirSync(folder);
}
