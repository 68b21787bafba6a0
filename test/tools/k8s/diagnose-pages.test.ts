import { describe, expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { type Diagnosis, diagnose } from '../../../src/diagnosis/diagnose.ts';
import { Snapshot } from '../../../src/diagnosis/snapshot.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { DiagnosisAnswer } from '../../../src/tools/k8s/diagnose/answer.ts';
import { answerOf } from '../../../src/tools/k8s/diagnose/page.ts';
import { takenAt } from '../../support/snapshot-of.ts';

const faults = 200;
const namespaces = 20;
const mostBytes = 20_000;

/** Two hundred deployments, each broken; `same`: all in one way, else each for a reason of its own. */
function broken({ same }: { same: boolean }): Diagnosis {
  const objects = Array.from({ length: faults }, (_, index) => faultyDeployment(index, { same })).flat();
  const spaces = Array.from({ length: namespaces }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `team-${index}` },
  }));
  return diagnose(new Snapshot({ takenAt, objects: [...spaces, ...objects], events: [] }));
}

function faultyDeployment(index: number, { same }: { same: boolean }): KubeObject[] {
  const namespace = `team-${index % namespaces}`;
  const name = `service-${index}`;
  const labels = { app: name };
  const uid = `deployment-${index}`;
  const settings = same ? 'settings' : `settings-of-${name}`;
  const way = same ? 'config' : (['config', 'image', 'crash', 'port'] as const)[index % 4];
  const container = {
    name: 'web',
    image: way === 'image' ? `registry.example/shop/web:${index}` : 'registry.example/shop/web:1',
    ports: [{ name: 'http', containerPort: 8080 }],
    ...(way === 'config' ? { envFrom: [{ configMapRef: { name: settings } }] } : {}),
  };
  const state =
    way === 'image'
      ? { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.image}"` } }
      : { waiting: { reason: 'CrashLoopBackOff' } };
  const end = {
    exitCode: 1,
    reason: 'Error',
    startedAt: '2026-11-21T11:50:00Z',
    finishedAt: '2026-11-21T11:50:05Z',
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-pod`,
      namespace,
      labels,
      uid: `pod-${index}`,
      creationTimestamp: '2026-11-21T11:00:00Z',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }],
    },
    spec: { containers: [container], nodeName: 'node' },
    status: {
      phase: way === 'image' ? 'Pending' : 'Running',
      containerStatuses: [
        {
          name: 'web',
          ready: false,
          restartCount: 5,
          image: container.image,
          imageID: '',
          state,
          lastState: { terminated: { ...end, message: `cannot open ledger ${index}` } },
        },
      ],
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: labels, clusterIP: '10.0.0.1', ports: [{ port: 80, targetPort: `port-${index}` }] },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, uid, creationTimestamp: '2026-11-21T11:00:00Z' },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
      status:
        way === 'port'
          ? { readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1, replicas: 1 }
          : { replicas: 1, updatedReplicas: 1 },
    },
    ...(way === 'port' ? [service] : way === 'config' ? [] : [pod]),
  ];
}

/** As they are asked for, one after the other. Every fix says that nobody may try it, which is the longest that it can say. */
async function pagesOf(diagnosis: Diagnosis, namespace?: string): Promise<DiagnosisAnswer[]> {
  const pages: DiagnosisAnswer[] = [];
  for (let skip = 0; pages.length < faults; ) {
    const page = await answerOf(diagnosis, {
      place: 'production',
      skip,
      namespace,
      budgetBytes: limits.answerBytes,
      notes: false,
      of: 'cluster',
      tried: async findings =>
        findings.map(finding => ({
          ...finding,
          fixes: finding.fixes.map(fix => ({ ...fix, notPreviewed: 'nobody here may change that' })),
        })),
    });
    pages.push(page);
    if (!page.truncated) return pages;
    skip += page.findings.length;
    const place = namespace === undefined ? '' : `"namespace": "${namespace}", `;
    expect(page.next).toBe(`k8s_diagnose {${place}"skip": ${skip}}`);
  }
  throw new Error('the pages do not end');
}

describe('a cluster with two hundred faults', () => {
  test('is told in whole pages of 20 kB, the gravest first, and each fault once', async () => {
    const diagnosis = broken({ same: false });
    expect(diagnosis.findings).toHaveLength(faults);
    const pages = await pagesOf(diagnosis);
    expect(pages.length).toBeLessThan(12);
    for (const page of pages) {
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(mostBytes);
      expect(page.findings.length).toBeGreaterThan(5);
    }
    const told = pages.flatMap(({ findings }) => findings);
    expect(told.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(faults);
    const graves = told.map(({ severity }) => severity);
    expect(graves).toEqual(graves.toSorted());
    expect(new Set(told.map(({ code, object }) => `${code} ${object.namespace}/${object.name}`)).size).toBe(
      told.length,
    );
    expect(new Set(told.map(({ code }) => code)).size).toBeGreaterThan(2);
  });

  test('that are all the same is told in one page, by a few of them and their count', async () => {
    const pages = await pagesOf(broken({ same: true }));
    expect(pages).toHaveLength(1);
    const [page] = pages;
    expect(page?.findings.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(namespaces);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(mostBytes);
  });
});

test('a broken namespace of which much could not be read is told in whole pages of 6 kB, each fault once', async () => {
  const why =
    'the server does not answer in time, and said nothing of why that might be so, as often as it was asked';
  const notChecked = Array.from({ length: 30 }, (_, index) => `Kind${index} in shop (${why})`);
  const { findings } = broken({ same: false });
  const some = findings.slice(0, 40);
  const pages = await pagesOf({ findings: some, notes: [], notChecked }, 'shop');
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(6_000);
  const told = pages.flatMap(page => page.findings);
  expect(told.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(some.length);
  expect(pages.at(-1)?.truncated).toBe(false);
});
