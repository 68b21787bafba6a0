// k8s_list on the product's own reader, without the server around it: the other side of list-in-full.

import { KubeConnection } from '../../src/clients/kube/connection.ts';
import { limits } from '../../src/core/limits.ts';
import type { ToolContext } from '../../src/toolkit/tool.ts';
import { k8sList } from '../../src/tools/k8s/list.ts';
import { noPlaybooks } from '../../test/support/no-playbooks.ts';
import { noSystems } from '../../test/support/no-systems.ts';
import { answerLines } from './answer-lines.ts';

const [, , kubeconfig = '', context = ''] = process.argv;
const { signal } = new AbortController();
const environment = {
  name: 'bench',
  cluster: context,
  kind: 'kube',
  namespaces: undefined,
  clusterScoped: true,
  policy: { low: 'ask', medium: 'ask', high: 'ask' },
} as const;
const connection = new KubeConnection({
  target: { via: 'kubeconfig', files: [kubeconfig], context, allowInsecure: true },
  bounds: { namespaces: undefined, clusterScoped: true },
  readOnly: true,
  userAgent: 'vigie-bench',
});
const { reader } = connection.session(signal);
const handed: ToolContext = {
  environment,
  environments: [environment],
  kube: reader,
  systems: noSystems(),
  changes: { list: noChanges, get: noChanges, wait: noChanges, wayBack: noChanges },
  playbooks: noPlaybooks(),
  changedSince: noChanges,
  actor: { kind: 'agent', name: 'bench', via: 'mcp-stdio', onBehalfOf: 'bench' },
  assurance: 'advisory',
  readOnly: true,
  now: new Date(),
  clusterTime: () => new Date(),
  signal,
  mask: text => text,
  maskObject: object => object,
  progress() {},
  budgetBytes: limits.answerBytes,
};

await answerLines(async tool => {
  if (tool !== k8sList.name) return reader.get({ kind: 'Namespace', name: 'default' });
  const parsed = k8sList.parse({ kind: 'pods' });
  if (!parsed.ok) throw new Error('k8s_list refuses its own question');
  return (await parsed.run(handed)).data;
});

function noChanges(): never {
  throw new Error('a list reads no changes');
}
