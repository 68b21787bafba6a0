import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { misshapenForm } from '../support/misshapen-form.ts';
import { fc } from '../support/properties.ts';
import { agent } from '../support/start-vigie.ts';
import { type Meddled, startMeddled } from './meddler.ts';

// A cluster whose other documents have another shape than they should: its kinds, its description, its tables, itself.

let running: Meddled;

beforeAll(async () => {
  running = await startMeddled();
});
afterAll(() => running.stop());

const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const sources: { path: string; ask?: string; accept: string }[] = [
  { path: '/api', accept: aggregated },
  { path: '/apis', accept: aggregated },
  { path: '/api', accept: 'application/json' },
  { path: '/apis', accept: 'application/json' },
  { path: '/openapi/v3', accept: 'application/json' },
  { path: '/openapi/v3/api/v1', accept: 'application/json' },
  { path: '/api/v1/namespaces/kube-system', accept: 'application/json' },
  { path: '/api/v1/namespaces/shop/pods', accept: table },
  { path: '/api/v1/namespaces/shop/secrets', accept: 'application/json' },
  {
    path: '/api/v1/namespaces/shop/configmaps/settings',
    ask: '/api/v1/namespaces/shop/configmaps/none',
    accept: 'application/json',
  },
];

const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
const manifest = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { mode: 'slow' },
});

const questions: [tool: string, input: JsonObject][] = [
  ['environments_list', {}],
  ['k8s_list', { kind: 'pods' }],
  ['k8s_list', { kind: 'pods', format: 'json', wide: true }],
  ['k8s_list', { kind: 'widgets' }],
  ['k8s_get', { target: settings }],
  ['k8s_apply', { manifest, force: true }],
  ['k8s_delete', { target: settings }],
  ['k8s_scale', { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas: 3 }],
];

test('a document of another shape is an error with its code, or does without, and never a fault of Vigie itself', async () => {
  const { url, token } = running.sandbox;
  const documents = await Promise.all(
    sources.map(async ({ path, ask = path, accept }) => {
      const answer = await fetch(`${url}${ask}`, { headers: { accept, authorization: `Bearer ${token}` } });
      return { path, status: answer.status, body: JSON.parse(await answer.text()) as Json };
    }),
  );
  const forms = fc
    .constantFrom(...documents)
    .chain(({ body, ...where }) => fc.record({ where: fc.constant(where), form: misshapenForm(body) }));
  const answers = new Set<string>();
  await fc.assert(
    fc.asyncProperty(forms, async ({ where, form }) => {
      running.meddle({
        before: ({ path }) =>
          path.split('?')[0] === where.path
            ? { status: where.status, body: JSON.stringify(form) }
            : undefined,
      });
      // What was learned of the cluster is kept: each has to learn it anew.
      const vigie = await running.reopen();
      const { signal } = new AbortController();
      try {
        for (const [tool, input] of questions) {
          const { data, status } = await runTool(vigie, {
            tool,
            input,
            actor: agent,
            signal,
            budgetBytes: 40_000,
          });
          answers.add(typeof data.code === 'string' ? data.code : status);
          expect(data.code, `${tool} ${JSON.stringify(input)} with ${where.path}`).not.toBe('INTERNAL');
        }
      } finally {
        await vigie.close();
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(running.writes()).toEqual([]);
  expect([...answers]).toEqual(expect.arrayContaining(['answered', 'approval_required']));
});
