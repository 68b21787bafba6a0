import type { JsonObject } from '../../../src/core/json.ts';
import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { hostileNames } from '../hostile-text.ts';
import { askAll, configMap, judgeAnswers, questions, settings } from './questions.ts';

export const namesInAnswers = defineAttack({
  name: 'hostile-names-in-answers',
  adversary: 'hostile objects',
  does: 'Fills a cluster with 2,000 objects whose names, labels, annotations and data are generated to climb paths, repaint a screen, hide or command, in lists, tables, events, logs and single objects.',
  must: 'What is shown is clean and small, no order stands in a field that somebody acts on, and nothing is written.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const names = hostileNames(2_000);
    cluster.meddle({
      before: ({ path, method }) => (method === 'GET' ? answerWith(names, path) : undefined),
    });
    const lists = ['configmaps', 'pods', 'events', 'deployments', 'namespaces', 'secrets'].flatMap(kind => [
      ['k8s_list', { kind }] as const,
      ['k8s_list', { kind, wide: true }] as const,
      ['k8s_list', { kind, format: 'json' }] as const,
    ]);
    const single = names.slice(0, 300).map((_, at) => {
      return ['k8s_get', { target: settings, ...(at % 2 === 0 ? {} : { format: 'json' }) }] as const;
    });
    const answers = await askAll(door, [...questions, ...lists, ...single]);
    return judgeAnswers(answers, { door, cluster, seconds: 40, megabytes: 400 });
  },
});

let turn = 0;

function answerWith(names: readonly string[], path: string): Instead | undefined {
  const [pathname = ''] = path.split('?');
  if (pathname.endsWith('/log')) {
    const lines = names.map(name => `2026-11-21T10:00:00.000000000Z ${name.replaceAll('\n', ' ')}\n`);
    return { body: lines.join('') };
  }
  if (pathname.endsWith('/configmaps/settings'))
    return { body: hostileObject(names[turn++ % names.length] ?? '') };
  const kind = /\/(configmaps|pods|events|deployments|secrets|namespaces)$/.exec(pathname)?.[1];
  if (kind === undefined || pathname === '/api/v1/namespaces/kube-system') return undefined;
  return {
    body: {
      kind: 'List',
      apiVersion: 'v1',
      metadata: { resourceVersion: '1' },
      items: names.map(hostileObject),
    },
  };
}

function hostileObject(name: string): JsonObject {
  const reference = { kind: name, name, namespace: name, fieldPath: name };
  return {
    ...configMap({ name, data: { [name]: name, text: name } }),
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      resourceVersion: name,
      creationTimestamp: name,
      labels: { [name]: name },
      annotations: { note: name, [name]: name },
      ownerReferences: [{ apiVersion: name, kind: name, name, uid: name, controller: true }],
    },
    type: 'Warning',
    reason: name,
    message: name,
    involvedObject: reference,
    source: { component: name },
    firstTimestamp: name,
    lastTimestamp: name,
    spec: { nodeName: name, replicas: name, containers: [{ name, image: name, command: [name] }] },
    status: {
      phase: name,
      conditions: [{ type: name, status: name, reason: name, message: name }],
      containerStatuses: [{ name, image: name, state: { waiting: { reason: name, message: name } } }],
    },
  };
}
