// Both sides of the diagnosis: `diagnose` collects and judges as the product does; `lists` reads, raw and in full, every
// kind that it needs, and judges nothing. Which kinds these are is asked of the cluster by the first question.
import { KubeConnection } from '../../src/clients/kube/connection.ts';
import { collect } from '../../src/diagnosis/collect/collect.ts';
import { wantedKinds } from '../../src/diagnosis/collect/wanted-kinds.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { splitApiVersion } from '../../src/kubernetes/object.ts';
import { RawPages } from '../support/raw-pages.ts';
import { answerLines } from './answer-lines.ts';

const [, , way, kubeconfig = '', context = '', url = '', token = '', authorityFile] = process.argv;
const connection = new KubeConnection({
  target: { via: 'kubeconfig', files: [kubeconfig], context, allowInsecure: true },
  bounds: { namespaces: undefined, clusterScoped: true },
  readOnly: true,
  userAgent: 'vigie-bench',
});
const session = connection.session(new AbortController().signal);
const raw = new RawPages({ url, token, authorityFile });

/** Of events nobody needs more. */
const warnings = '&fieldSelector=type%3DWarning';

async function pathsToList(): Promise<string[]> {
  const wanted = new Set(['Pod', 'Event', ...wantedKinds()]);
  const kinds = await session.reader.kinds();
  return kinds
    .filter(({ kind, apiVersion }) => wanted.has(kind) && apiVersion !== 'events.k8s.io/v1')
    .map(({ apiVersion, resource }) => {
      const { group } = splitApiVersion(apiVersion);
      return `/${group === '' ? 'api' : 'apis'}/${apiVersion}/${resource}`;
    });
}

async function listAll(): Promise<unknown> {
  let objects = 0;
  const lists: unknown[][] = [];
  for (const path of await pathsToList()) {
    const held: unknown[] = [];
    const restart = () => void (held.length = 0);
    const selector = path.endsWith('/events') ? warnings : '';
    for await (const page of raw.list(path, { selector, restart })) held.push(...page);
    lists.push(held);
    objects += held.length;
  }
  return { objects, kinds: lists.length };
}

async function judge(): Promise<unknown> {
  const snapshot = await collect({
    kube: session.reader,
    namespaces: undefined,
    clusterTime: () => session.serverTime() ?? new Date(),
    masking: () => text => text,
    unread: [],
  });
  const { findings, notChecked } = diagnose(snapshot);
  return {
    findings: findings.length,
    about: new Set(findings.map(({ object }) => `${object.namespace}/${object.name}`)).size,
    bytes: JSON.stringify(findings).length,
    pods: snapshot.of('Pod').length,
    notChecked,
  };
}

await answerLines(async tool => {
  if (tool !== 'k8s_diagnose') return { paths: await pathsToList() };
  return way === 'lists' ? listAll() : judge();
});
