import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Evaluator } from '../../src/engine/language/expressions/evaluator.ts';
import type { EnabledPlaybook } from '../../src/engine/triggers/enabled.ts';
import type { EventCame } from '../../src/engine/triggers/event-starts.ts';
import { EventWatches } from '../../src/engine/triggers/event-watches.ts';
import { openSqliteJournal } from '../../src/store/journal/sqlite-journal.ts';
import { enabledOf } from '../engine/triggers/trigger-parts.ts';
import { eventually } from '../support/eventually.ts';
import { policyStatement } from '../support/sign-statement.ts';
import { cheapKey } from '../support/start-vigie.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

describeOnCluster('events of a real cluster as triggers', binaries => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('other'));
  });
  afterAll(() => cluster.stop());

  /** Watches of one worker, over a journal that others may have open too. */
  async function startWatches(running: RealVigie, playbooks: readonly EnabledPlaybook[]) {
    const { vigie } = running;
    const came: EventCame[] = [];
    const said: string[] = [];
    const journal = await openSqliteJournal({
      file: join(vigie.place.home, 'runs.db'),
      now: () => vigie.now().getTime(),
    });
    const evaluator = new Evaluator();
    const watches = new EventWatches({
      parts: { vigie, journal, evaluator, mayStart: async () => {} },
      listener: {
        came: what => came.push(what),
        said: text => said.push(text),
        failed: error => said.push(String(error)),
      },
    });
    const stop = async (): Promise<void> => {
      await watches.close();
      await evaluator.close();
      await journal.close();
    };
    await watches.follow(await vigie.inForce('change'), playbooks);
    return { came, said, stop, journal };
  }

  async function startAccepted(namespaces?: readonly string[]): Promise<RealVigie> {
    const running = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      ...(namespaces === undefined ? {} : { namespaces }),
    });
    onTestFinished(() => running.stop());
    const { settings } = await running.vigie.store();
    await settings.setAcceptedPolicy({
      signed: await policyStatement(running.vigie, { key: await cheapKey('alice') }),
      audit: { event: 'policy_accepted', facts: { by: 'alice' } },
    });
    return running;
  }

  const onScaling = async (name: string): Promise<EnabledPlaybook> => ({
    ...(await enabledOf(
      `{event: {match: 'event.reason == "ScalingReplicaSet"', inputs: {name: "\${{ event.involvedObject.name }}"}}}`,
      { name, more: 'inputs: {name: {type: string}}' },
    )),
    environments: ['real'],
  });

  test('what the controllers tell starts a run, once, also for a worker that comes later', async () => {
    const running = await startAccepted(['shop']);
    const playbook = await onScaling('scaled');
    const first = await startWatches(running, [playbook]);
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('web'));
    await cluster.make('/apis/apps/v1/namespaces/other/deployments', deploymentOf('outside'));
    await eventually(() => expect(first.came).toHaveLength(1));
    expect(first.came[0]).toMatchObject({
      event: { namespace: 'shop', facts: { count: 1, involvedObject: { kind: 'Deployment', name: 'web' } } },
      came: { is: 'started' },
    });
    await first.stop();
    const second = await startWatches(running, [playbook]);
    onTestFinished(second.stop);
    // The server tells all that there is, beside what comes.
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('cart'));
    await eventually(() => expect(second.came).toHaveLength(2));
    expect(second.came.map(({ came }) => came.is).toSorted()).toEqual(['exists', 'started']);
    expect([...first.said, ...second.said]).toEqual([]);
    expect(await second.journal.list({ max: 10 })).toHaveLength(2);
  });

  test('an event of the new form, with a series, is seen in the old one', async () => {
    const running = await startAccepted();
    const series = await enabledOf(
      `{event: {match: 'event.reason == "Trial" && event.count >= 3', inputs: {said: "\${{ event.message }}", by: "\${{ event.source }}"}}}`,
      { more: 'inputs: {said: {type: string}, by: {type: string}}' },
    );
    const { came, said, stop, journal } = await startWatches(running, [
      { ...series, environments: ['real'] },
    ]);
    onTestFinished(stop);
    const now = new Date();
    const told = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'trial', namespace: 'shop' },
      eventTime: microTime(now),
      regarding: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', namespace: 'shop' },
      reason: 'Trial',
      action: 'Trying',
      note: 'it is tried',
      type: 'Warning',
      reportingController: 'example.com/tried',
      reportingInstance: 'one',
    };
    const path = '/apis/events.k8s.io/v1/namespaces/shop/events';
    await cluster.make(path, told);
    const patched = await cluster.call({
      method: 'PATCH',
      path: `${path}/trial`,
      contentType: 'application/merge-patch+json',
      body: { series: { count: 3, lastObservedTime: microTime(new Date(now.getTime() + 1_000)) } },
    });
    expect(patched.status, JSON.stringify(patched.body)).toBe(200);
    await eventually(() => expect(came).toMatchObject([{ came: { is: 'started' } }]));
    const [run] = await journal.list({ max: 1 });
    expect((await journal.get(run?.id ?? ''))?.input).toEqual({
      said: 'it is tried',
      by: 'example.com/tried',
    });
    expect(said).toEqual([]);
  });
});

function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
