import { describe, test } from 'vitest';
import { findBinaries } from './binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { startStandInKubelet } from './stand-in-kubelet.ts';

const whyNot =
  'no kube-apiserver, etcd, kube-controller-manager and kube-scheduler in KUBEBUILDER_ASSETS or where setup-envtest keeps its assets';

/** A real control plane with a stand-in for its kubelets. */
export interface Cluster extends ControlPlane {
  /** Creates objects past everything of ours, and fails loudly where one is refused. */
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
  return {
    ...plane,
    async make(path, ...objects) {
      for (const body of objects) {
        const answer = await plane.call({ method: 'POST', path, body });
        if (answer.status !== 201)
          throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    },
    async stop() {
      await kubelet.stop();
      await plane.stop();
    },
  };
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
