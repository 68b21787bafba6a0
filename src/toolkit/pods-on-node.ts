import type { KubeReader } from '../clients/kube/reader.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';
import { ofKind } from '../kubernetes/kinds.ts';

/** The pods of one node, of all namespaces that these credentials may read. */
export async function podsOnNode(node: string, kube: Pick<KubeReader, 'listAll'>): Promise<Pod[]> {
  const pods: Pod[] = [];
  const fieldSelector = `spec.nodeName=${node}`;
  for await (const page of kube.listAll({ kind: 'Pod', apiVersion: 'v1', fieldSelector }))
    pods.push(...ofKind(page, 'Pod'));
  return pods;
}
