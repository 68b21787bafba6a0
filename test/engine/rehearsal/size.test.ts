import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startRehearsals } from './rehearsal-of.ts';

test('a namespace of 2,000 pods is copied, and what is done to it is played', async () => {
  const { rehearse: rehearsed } = await startRehearsals({ world: largeWorld() });
  const report = await rehearsed(`steps:
  - {id: look, tool: k8s_diagnose, with: {namespace: shop, format: json}}
  - {id: restart, tool: k8s_rollout, with: {target: {kind: Deployment, name: app-0, namespace: shop}, action: restart, waitSeconds: 600}}
  - {id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: app-1, namespace: shop}, replicas: 60, waitSeconds: 300}}
`);
  expect(report).toMatchObject({
    outcome: 'done',
    copy: { pods: 2_000, nodes: 30 },
    blast: { podsEnded: 50, podsMade: 60 },
  });
}, 300_000);

/** Forty Deployments of fifty pods on as many nodes as these need. */
function largeWorld(): string {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-large-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const nodes = Array.from(
    { length: 30 },
    (_, index) => `    - {name: n${index}, ip: 10.0.0.${index + 1}, podSubnet: 10.42.${index}}`,
  );
  const apps = Array.from({ length: 40 }, (_, index) => {
    const labels = `{app: app-${index}}`;
    return `  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: app-${index}, namespace: shop}, spec: {replicas: 50, selector: {matchLabels: ${labels}}, template: {metadata: {labels: ${labels}}, spec: {containers: [{name: app, image: 'shop/app:1', resources: {requests: {cpu: 10m, memory: 16Mi}}}]}}}}`;
  });
  const file = join(dir, 'large.yaml');
  writeFileSync(
    file,
    `cluster:
  serverVersion: v1.36.2
  ageDays: 2
  nodes:
${nodes.join('\n')}
images: [{match: 'shop/*', startSeconds: 1}]
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: other}}
${apps.join('\n')}
`,
  );
  return file;
}
