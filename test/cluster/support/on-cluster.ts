import { describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject, plainText } from '../../../src/core/json.ts';
import { eventually } from '../../support/eventually.ts';
import type { ApiCaller } from './api-caller.ts';
import { findBinaries } from './binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { startStandInKubelet } from './stand-in-kubelet.ts';

const namespaces = '/api/v1/namespaces';
const isReady = { type: 'Ready', status: 'True' };
const whyNot =
  'no kube-apiserver, etcd, kube-controller-manager and kube-scheduler in KUBEBUILDER_ASSETS or where setup-envtest keeps its assets';

/** A real control plane with a stand-in for its kubelets. */
export interface Cluster extends ControlPlane {
  /**
   * Creates objects past everything of ours, and fails loudly where one is refused. A namespace is made once it has what
   * the controllers give to each.
   */
  make(path: string, ...objects: object[]): Promise<void>;
}

/** Tests on a real API server; where its binaries are missing, one test that is skipped and says why. */
export function describeOnCluster(name: string, tests: (binaries: string) => void): void {
  const binaries = findBinaries();
  if (binaries !== undefined) {
    describe(name, () => tests(binaries));
    return;
  }
  process.stdout.write(`SKIPPED: ${name}: ${whyNot}\n`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- it cannot run without the server, and must be seen not to
  test.skip(`${name} (${whyNot})`, () => {});
}

export async function startCluster(binaries: string): Promise<Cluster> {
  const plane = await startControlPlane(binaries);
  const kubelet = startStandInKubelet(plane.call);
  await untilSchedulable(plane.call, 'stand-in-1');
  return {
    ...plane,
    async make(path, ...objects) {
      for (const body of objects) {
        const answer = await plane.call({ method: 'POST', path, body });
        if (answer.status !== 201)
          throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        if (path === namespaces) await untilFurnished(plane.call, nameOf(answer.body));
      }
    },
    async stop() {
      await kubelet.stop();
      await plane.stop();
    },
  };
}

/** A pod that is made before would be told for ever that it could not be scheduled at first. */
export async function untilSchedulable(call: ApiCaller, node: string): Promise<void> {
  await eventually(async () => {
    const { body } = await call({ method: 'GET', path: `/api/v1/nodes/${node}` });
    expect(body).toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining(isReady)]) as Json },
    });
    expect(body['spec']).not.toHaveProperty('taints');
  });
}

/** Until a namespace has what the controllers give to each. */
export async function untilFurnished(call: ApiCaller, namespace: string): Promise<void> {
  for (const given of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']) {
    const path = `${namespaces}/${namespace}/${given}`;
    await eventually(async () => expect((await call({ method: 'GET', path })).status, path).toBe(200));
  }
}

/** A Deployment as a plain request makes it. */
export function deploymentOf(name: string, more: { replicas?: number; image?: string } = {}): object {
  const { replicas = 2, image = 'shop/web:1' } = more;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image }] },
      },
    },
  };
}

export function namespaceOf(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function nameOf({ metadata }: JsonObject): string {
  return plainText(isObject(metadata) ? metadata['name'] : undefined);
}
