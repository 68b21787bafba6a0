import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { work } from '../../../src/engine/interpreter/worker.ts';
import { surroundingsOf } from '../../../src/runs.ts';
import { eventually } from '../../support/eventually.ts';
import { alertOf, groupOf, playbook, send, startTriggers, type TestTriggers } from './triggers-of.ts';

const scale = playbook('scale', {
  on: '{alert: {match: "true", inputs: {}}}',
  steps:
    '{id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 4}}',
});

function startWorker({ test: { vigie }, journal }: TestTriggers): void {
  const stop = new AbortController();
  const worked = work({
    name: newId(),
    around: surroundingsOf(vigie, {
      journal,
      definitionOf: async () => ({ digest: '', source: '' }),
    }),
    most: 4,
    signal: stop.signal,
    failed: () => {},
  });
  onTestFinished(async () => {
    stop.abort();
    await worked;
  });
}

test('where four eyes are on, an approver is another than an alert, and the ticket says what asked', async () => {
  const triggers = await startTriggers([scale], {
    policy: '{low: ask, medium: ask, high: ask, approvers: {fourEyes: true}}',
  });
  const { url, runs, journal, test: vigie } = triggers;
  await send(`${url}/alerts/main`, groupOf(alertOf({ alertname: 'Busy' })));
  startWorker(triggers);
  const run = await eventually(async () => {
    const [found] = await runs();
    if (found?.status !== 'waiting') throw new Error(`it is ${found?.status}`);
    return found;
  });
  const ticket = run.waits.flatMap(wait => (wait.kind === 'message' ? wait.key.split(':')[1] : []))[0] ?? '';
  const { changes } = await vigie.vigie.store();
  expect(await changes.get(ticket)).toMatchObject({
    actor: { kind: 'playbook', name: 'scale', via: 'trigger', onBehalfOf: 'alert:main', run: run.id },
  });
  expect(await vigie.approve(ticket)).toMatchObject({ status: 'done' });
  await journal.send({ run: run.id, key: `ticket:${ticket}`, id: ticket, payload: {} });
  await eventually(async () => expect((await runs())[0]).toMatchObject({ status: 'done' }));
});
