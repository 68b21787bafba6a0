import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isObject, type JsonObject, memberOf, objectsIn, textOf } from '../../src/core/json.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { prometheusRuleDefinition } from './support/prometheus-rule-definition.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// Rules as objects of a cluster, whose operator is not there: they are written as any other object is.

const path = '/apis/monitoring.coreos.com/v1/namespaces/monitoring/prometheusrules';

const rules = (expr: string) => [{ alert: 'Down', expr, for: '5m', labels: { severity: 'page' } }];

describeOnCluster('metrics_rule where rules are objects of a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('monitoring'));
    await cluster.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', prometheusRuleDefinition);
    await vi.waitFor(async () => expect((await cluster.call({ method: 'GET', path })).status).toBe(200), {
      timeout: 30_000,
      interval: 200,
    });
    running = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      sections: '    metrics: {rules: {resource: PrometheusRule, namespace: monitoring}}\n',
    });
  });
  afterAll(async () => {
    await running?.stop();
    await cluster?.stop();
  });

  async function groups(): Promise<JsonObject[] | undefined> {
    const { status, body } = await cluster.call({ method: 'GET', path: `${path}/shop` });
    return status === 404 ? undefined : objectsIn(memberOf(isObject(body) ? body : {}, 'spec')?.['groups']);
  }
  const names = async () => (await groups())?.map(group => textOf(group, 'name'));

  test('makes an object, sets and deletes groups in it, deletes it with the last, and undoes each', async () => {
    const made = await running.change('metrics_rule', { name: 'shop', group: 'a', rules: rules('up == 0') });
    expect(made.status, made.text).toBe('done');
    const more = await running.change('metrics_rule', { name: 'shop', group: 'b', rules: rules('up == 1') });
    expect(more.status, more.text).toBe('done');
    expect(await names()).toEqual(['a', 'b']);
    const set = await running.change('metrics_rule', { name: 'shop', group: 'a', rules: rules('up < 1') });
    expect(set.status, set.text).toBe('done');
    expect((await groups())?.[0]).toEqual({ name: 'a', rules: rules('up < 1') });
    expect(
      (await running.call('metrics_rule', { name: 'shop', group: 'a', rules: rules('up < 1') })).status,
    ).toBe('nothing_to_do');
    const undone = await running.change('changes_undo', { id: set.data['id'] });
    expect(undone.status, undone.text).toBe('done');
    expect((await groups())?.[0]).toEqual({ name: 'a', rules: rules('up == 0') });
    const gone = await running.change('metrics_rule', { name: 'shop', group: 'b', delete: true });
    expect(gone.status, gone.text).toBe('done');
    expect(await names()).toEqual(['a']);
    const last = await running.change('metrics_rule', { name: 'shop', group: 'a', delete: true });
    expect(last.status, last.text).toBe('done');
    expect(await names()).toBeUndefined();
    const back = await running.change('changes_undo', { id: last.data['id'] });
    expect(back.status, back.text).toBe('done');
    expect(await names()).toEqual(['a']);
  });

  test('a group that somebody adds between the question and the answer is not lost', async () => {
    const asked = await running.call('metrics_rule', { name: 'shop', group: 'a', rules: rules('up > 2') });
    expect(asked.status, asked.text).toBe('approval_required');
    const theirs = { name: 'theirs', rules: [{ record: 'a:b', expr: 'up' }] };
    const patched = await cluster.call({
      method: 'PATCH',
      path: `${path}/shop`,
      contentType: 'application/json-patch+json',
      body: [{ op: 'add', path: '/spec/groups/-', value: theirs }],
    });
    expect(patched.status).toBe(200);
    const settled = await running.approve(asked.data['id']);
    expect(settled.status, settled.text).toBe('plan_changed');
    expect(await names()).toEqual(['a', 'theirs']);
  });

  test('what promtool refuses is no object', async () => {
    const refused = await running.call('metrics_rule', {
      name: 'bad',
      rules: [{ alert: 'A', expr: 'up', annotations: { a: '{{ nonsense' } }],
    });
    expect(refused.data, refused.text).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('tests that come along are run, and cannot be passed over where promtool is not there', async () => {
    const tests = (severity: string) => [
      {
        interval: '1m',
        input_series: [{ series: 'up{job="a"}', values: '0 0 0 0 0 0 0' }],
        alert_rule_test: [
          { eval_time: '6m', alertname: 'Down', exp_alerts: [{ exp_labels: { severity, job: 'a' } }] },
        ],
      },
    ];
    const asked = { name: 'tested', rules: rules('up == 0') };
    const failed = await running.call('metrics_rule', { ...asked, tests: tests('info') });
    expect(failed.data, failed.text).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('severity="page"'),
    });
    const passed = await running.call('metrics_rule', { ...asked, tests: tests('page') });
    expect(passed.text).toContain('tests of rules: 1 passed');
    vi.stubEnv('PATH', '/nowhere');
    const untested = await running.call('metrics_rule', { ...asked, tests: tests('page') });
    const unchecked = await running.call('metrics_rule', asked);
    vi.unstubAllEnvs();
    expect(untested.data, untested.text).toMatchObject({ code: 'NOT_STARTED' });
    expect(unchecked.text).toContain('The rules were not checked: promtool');
  });
});
