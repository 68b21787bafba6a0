import { afterEach, expect, test } from 'vitest';
import { allowEverything, startVigie, type TestVigie } from '../support/start-vigie.ts';
let running: TestVigie | undefined;
afterEach(async () => { await running?.stop(); });
test('try', async () => {
  running = await startVigie({ world: 'test/fixtures/worlds/nodes.yaml', policy: allowEverything });
  await running.sandbox.settled();
  const r = await running.call('k8s_run_job', { cronJob: 'cronjob/report', namespace: 'shop', waitSeconds: 30 });
  console.log(r.text);
  const m = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: m, image: 'shop/gone:1'}]}}}";
  const r2 = await running.call('k8s_run_job', { manifest: m, namespace: 'shop', waitSeconds: 30 });
  console.log(r2.text);
  const list = await running.call('k8s_list', {kind:'jobs'});
  console.log(list.text);
  expect(r.status).toBe('done');
}, 60000);
