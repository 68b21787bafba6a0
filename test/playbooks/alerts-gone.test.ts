import { afterAll, expect, test } from 'vitest';
import { knownAlerts } from '../../scripts/known-alerts.ts';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { Evaluator } from '../../src/engine/language/expressions/evaluator.ts';
import { handedOver } from '../../src/engine/triggers/match-alert.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { definitionOf } from './play-cases.ts';

const playMs = 120_000;
const evaluator = new Evaluator();
afterAll(() => evaluator.close());
const world = await loadWorld('shop');

/** Plays what an alert with these labels starts, in a shop where nothing is wrong. */
async function startedBy(
  name: string,
  labels: JsonObject,
): Promise<{ status: string; output: Json; changes: number }> {
  const definition = await definitionOf(name);
  const trigger = { kind: 'alert' as const, name: 'main', id: 'a', facts: { alert: { labels } } };
  const inputs = await handedOver(evaluator, { playbook: definition.playbook, trigger });
  return playInSandbox(
    { ...definition, definitionOf, world, inputs, signal: new AbortController().signal },
    {
      version: '0.0.0',
      evaluator,
      use: async ({ run: { status, output = null }, changes }) => ({
        status,
        output,
        changes: changes.length,
      }),
    },
  );
}

const gone = {
  namespace: 'shop',
  pod: 'gone-7d8f9c6b54-k3m9x',
  deployment: 'gone',
  node: 'gone',
  persistentvolumeclaim: 'gone',
  exported_namespace: 'shop',
};
const nothing = { forPeople: [] };

/** What is said where the object of an alert has gone, or is well again, before the run begins. */
const said: Record<
  string,
  { status: string; report?: JsonObject; failure?: { code: string; message: RegExp } }
> = {
  'drain-and-replace-node': {
    status: 'failed',
    failure: { code: 'NOT_FOUND', message: /Node\/gone does not exist/ },
  },
  'heal-broken-service': { status: 'done', report: { found: [], mended: [], ...nothing } },
  'heal-crash-loop': { status: 'done', report: { found: [], mended: [], ...nothing } },
  'heal-dns': { status: 'done', report: { found: [], mended: [], ...nothing } },
  'heal-expired-certificate': { status: 'done', report: { found: [], ...nothing } },
  'heal-failed-jobs': { status: 'done', report: { found: [], ran: [], ...nothing } },
  'heal-full-volume': {
    status: 'failed',
    failure: { code: 'NOT_FOUND', message: /PersistentVolumeClaim\/gone in shop does not exist/ },
  },
  'heal-hpa-maxed': { status: 'done', report: { found: [], ...nothing } },
  'heal-image-pull': { status: 'done', report: { found: [], mended: [], ...nothing } },
  'heal-node-not-ready': {
    status: 'failed',
    failure: { code: 'NOT_FOUND', message: /Node\/gone does not exist/ },
  },
  'heal-oom': { status: 'done', report: { found: [], raised: [], ...nothing } },
  'heal-pending-pods': { status: 'done', report: { found: [], mended: [], ...nothing } },
  'heal-quota': { status: 'done', report: { found: [], raised: [], ...nothing } },
  'heal-stuck-rollout': { status: 'done', report: { found: [], mended: [], ...nothing } },
};

test('every playbook that an alert starts is told of here', () => {
  expect(Object.keys(said)).toEqual([...new Set(knownAlerts.map(({ playbook }) => playbook))].toSorted());
});

test.each(Object.keys(said))(
  '%s changes nothing where what its alert names is gone, and says so',
  { timeout: playMs },
  async name => {
    const { status, report, failure } = said[name] ?? { status: 'none' };
    const came = await startedBy(name, gone);
    expect(came).toMatchObject({ status, changes: 0 });
    const output = isObject(came.output) ? came.output : {};
    expect(output['report']).toEqual(report === undefined ? undefined : expect.objectContaining(report));
    if (failure !== undefined)
      expect(output['failure']).toMatchObject({
        code: failure.code,
        message: expect.stringMatching(failure.message),
      });
  },
);

test('an alert of a namespace that is gone ends a run that says so', { timeout: playMs }, async () => {
  const { status, output, changes } = await startedBy('heal-crash-loop', { ...gone, namespace: 'nowhere' });
  expect({ status, changes }).toEqual({ status: 'failed', changes: 0 });
  expect(isObject(output) ? output['failure'] : undefined).toMatchObject({
    code: 'NOT_VERIFIED',
    message: expect.stringContaining('The namespace that was asked for does not exist'),
  });
});
