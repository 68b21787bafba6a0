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
    const answer = answersWith(names);
    cluster.meddle({ before: ({ path, method }) => (method === 'GET' ? answer(path) : undefined) });
    const lists = ['configmaps', 'pods', 'events', 'deployments', 'namespaces', 'secrets'].flatMap(kind => [
      ['k8s_list', { kind }] as const,
      ['k8s_list', { kind, wide: true }] as const,
      ['k8s_list', { kind, format: 'json' }] as const,
    ]);
    const single = names.slice(0, 200).map((_, at) => {
      return ['k8s_get', { target: settings, ...(at % 2 === 0 ? {} : { format: 'json' }) }] as const;
    });
    const answers = await askAll(door, [...questions, ...lists, ...single]);
    return judgeAnswers(answers, { door, cluster, seconds: 40, megabytes: 550 });
  },
});

/** What the cluster says to each path; undefined: what it says by itself. */
function answersWith(names: readonly string[]): (path: string) => Instead | undefined {
  let turn = 0;
  const lines = names.map(name => `2026-11-21T10:00:00.000000000Z ${name.replaceAll('\n', ' ')}\n`);
  const log = Buffer.from(lines.join(''));
  const metadata = { resourceVersion: '1' };
  const list = Buffer.from(
    JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items: names.map(hostileObject) }),
  );
  return path => {
    const [pathname = ''] = path.split('?');
    if (pathname.endsWith('/log')) return { body: log };
    if (pathname.endsWith('/configmaps/settings'))
      return { body: hostileObject(names[turn++ % names.length] ?? '') };
    return /\/(configmaps|pods|events|deployments|secrets|namespaces)$/.test(pathname)
      ? { body: list }
      : undefined;
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
