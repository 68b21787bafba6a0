import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../src/core/json.ts';
import type { Sandbox } from '../src/sandbox/server.ts';
import { send } from '../test/support/sandbox-client.ts';
import { allowAgainAndAgain, startVigie } from '../test/support/start-vigie.ts';
import { type Measurement, median, ratio } from './support/measurement.ts';

const rounds = 15;
const replicas = { before: 2, after: 3 };
const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const path = `/apis/apps/v1/namespaces/${target.namespace}/deployments/${target.name}`;
const pollMs = 20;

// Pods that are ready at once: what is measured is the way of a change, not a pod that starts.
const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
images: [{match: '*', startSeconds: 0}]
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: other}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: ${replicas.before}
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'shop/web:1'}]}}
`;

type Requests = ReturnType<Sandbox['requests']>;

interface Sample {
  ms: number;
  requests: Requests;
}

/** One scale that policy allows, the whole way from the call to the verified and recorded outcome. */
export const oneChange: Measurement = {
  name: 'one-change',
  title: 'One allowed change',
  about:
    'Scaling a deployment from 2 to 3 on the sandbox: through `runTool` (preview by dry run, policy, intent and undo ' +
    'image on disk, apply, verify, audit) against the bare requests, which prove and record nothing.',

  async measure(bench) {
    const file = join(bench.dir, 'one-change.yaml');
    writeFileSync(file, world);
    const vigie = await startVigie({ policy: allowAgainAndAgain, world: file });
    const { sandbox } = vigie;
    const ways: { label: string; act: () => Promise<void> }[] = [
      { label: 'bare `PATCH`, `GET`', act: async () => void (await patchAndRead(sandbox)) },
      { label: 'bare `PATCH`, `GET` until the pods are ready', act: () => patchAndWait(sandbox) },
      {
        label: 'vigie, `k8s_scale`',
        act: async () => {
          const { status, text } = await vigie.call('k8s_scale', { target, replicas: replicas.after });
          if (status !== 'done') throw new Error(`the change was not done: ${text}`);
        },
      },
    ];
    const samples = ways.map((): Sample[] => []);
    try {
      // The first round opens the store, the connection and discovery; a server does that once.
      for (let round = -1; round < rounds; round += 1) {
        for (const [index, way] of ways.entries()) {
          await scaleBack(sandbox);
          const sample = await timed(sandbox, way.act);
          if (round >= 0) samples[index]?.push(sample);
        }
      }
    } finally {
      await vigie.stop();
    }
    const times = samples.map(each => median(each.map(({ ms }) => ms)));
    const [base = 1] = times;
    return {
      columns: ['way', 'time', 'against bare', 'requests'],
      rows: ways.map(({ label }, index) => [
        label,
        `${(times[index] ?? 0).toFixed(1)} ms`,
        ratio(times[index] ?? 0, base),
        describeRequests(samples[index]?.at(-1)?.requests ?? []),
      ]),
      notes: [],
    };
  },
};

async function timed(sandbox: Sandbox, act: () => Promise<void>): Promise<Sample> {
  // The sandbox remembers only its last requests, so they are told apart by themselves and not by their number.
  const earlier = new Set(sandbox.requests());
  const began = performance.now();
  await act();
  const ms = performance.now() - began;
  return { ms, requests: sandbox.requests().filter(request => !earlier.has(request)) };
}

function describeRequests(requests: Requests): string {
  const dryRuns = requests.filter(({ dryRun }) => dryRun).length;
  const writes = requests.filter(({ method, dryRun }) => method === 'PATCH' && !dryRun).length;
  return `${requests.length}: ${requests.length - dryRuns - writes} reads, ${dryRuns} dry runs, ${writes} write`;
}

async function patchAndRead(sandbox: Sandbox): Promise<JsonObject> {
  await patchReplicas(sandbox, replicas.after);
  return read(sandbox);
}

async function patchAndWait(sandbox: Sandbox): Promise<void> {
  let deployment = await patchAndRead(sandbox);
  while (!isReady(deployment)) {
    await sleep(pollMs);
    deployment = await read(sandbox);
  }
}

async function scaleBack(sandbox: Sandbox): Promise<void> {
  await patchReplicas(sandbox, replicas.before);
  await sandbox.settled();
}

async function patchReplicas(sandbox: Sandbox, count: number): Promise<void> {
  const { status, text } = await send(sandbox, {
    method: 'PATCH',
    path: `${path}/scale`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { replicas: count } },
  });
  if (status !== 200) throw new Error(`the patch was refused: ${text}`);
}

async function read(sandbox: Sandbox): Promise<JsonObject> {
  return (await send(sandbox, { path })).body;
}

function isReady({ status }: JsonObject): boolean {
  const text = JSON.stringify(status);
  return text.includes(`"readyReplicas":${replicas.after}`);
}
