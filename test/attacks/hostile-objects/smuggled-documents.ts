import { defineAttack } from '../attack.ts';
import { seatAlice } from '../person.ts';
import { askAll, judgeAnswers } from './questions.ts';

const map = '{apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: NS}, data: {a: b}}';
const inside = map.replace('NS', 'shop');
const outside = map.replace('NS', 'kube-system');

/** Manifests in which something stands that a reader or another parser does not see. */
const manifests: readonly string[] = [
  outside,
  `${inside}\n---\n${outside}`,
  `{apiVersion: v1, kind: List, items: [${inside}, ${outside}]}`,
  `{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [${outside}]}]}`,
  `{apiVersion: v1, kind: ConfigMapList, items: [${outside}]}`,
  `${'{apiVersion: v1, kind: List, items: ['.repeat(120)}${outside}${']}'.repeat(120)}`,
  inside.replace('namespace: shop', 'namespace: shop, namespace: kube-system'),
  inside.replace('namespace: shop', 'namespace: kube-system, "namespace": shop'),
  inside.replace('namespace: shop', 'namespace: [shop, kube-system]'),
  inside.replace('namespace: shop', 'namespace: "shop/../kube-system"'),
  inside.replace('namespace: shop', 'namespace: "shop\\0"'),
  inside.replace('name: m', 'name: "m?dryRun=All&fieldManager=x#"'),
  inside.replace('name: m', 'name: "../../kube-system/configmaps/m"'),
  `a: &a {namespace: kube-system, name: m}\n<<: *a\napiVersion: v1\nkind: ConfigMap\nmetadata: *a\n`,
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {<<: {namespace: kube-system}, name: m}\ndata: {a: b}`,
  `a0: &a0 [x,x]\n${Array.from({ length: 60 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at},*a${at}]`).join('\n')}`,
  inside.replace('{a: b}', '{a: !!js/function "x"}'),
  inside
    .replace('{a: b}', '{__proto__: {kind: Secret}, a: b}')
    .replace('kind: ConfigMap', '__proto__: {kind: Secret}'),
  inside.replace('{a: b}', `{a: ${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 9007199254740993}}',
  `${inside}\n...\n%TAG ! tag:evil,2026:\n---\n${outside}`,
  '{apiVersion: v1, kind: Namespace, metadata: {name: made}}',
  '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: m}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, subjects: []}',
  '{apiVersion: v1, kind: Node, metadata: {name: n1}}',
  '{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, metadata: {name: default, namespace: shop}, spec: {audiences: [a]}}',
  '{apiVersion: v1, kind: Binding, metadata: {name: web, namespace: shop}, target: {kind: Node, name: n1}}',
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod/exec', metadata: { name: 'web', namespace: 'shop' } }),
  `# \u2028${outside}\n`,
  `\uFEFF${outside}`,
  Buffer.from(outside, 'utf16le').toString('latin1'),
];

export const smuggledDocuments = defineAttack({
  name: 'smuggled-documents',
  adversary: 'hostile objects',
  does: 'Applies manifests where everything is allowed inside the namespaces: Lists in Lists, documents of kube-system, keys twice, merges, aliases, tags, prototypes, subresources, cluster-scoped kinds, 5,000 levels and numbers past what a double holds.',
  must: 'Each is refused with its line or its bound, none is written even in part, and not one request names kube-system as a place to write.',
  needs: 'script',
  async run(ground) {
    const { cluster } = await seatAlice(ground, {
      policy: '{low: allow, medium: allow, high: allow, maxTargets: 100}',
    });
    const door = await ground.stdio();
    const answers = await askAll(
      door,
      manifests.map(manifest => ['k8s_apply', { manifest }] as const),
    );
    const letIn = manifests.filter(
      (_, at) => answers[at]?.status !== 'failed' && answers[at]?.status !== 'denied',
    );
    // That all is allowed here is what makes the refusals worth something.
    const writesBefore = cluster.writes().length;
    const good = await door.call('k8s_apply', { manifest: inside });
    const outsideWrites = cluster.passed.filter(
      ({ method, path }) =>
        method !== 'GET' && /kube-system|clusterrole|namespaces\/made|\/nodes\//.test(path),
    );
    const verdict = judgeAnswers(answers, {
      door,
      cluster: { ...cluster, writes: () => cluster.writes().slice(0, writesBefore) },
      seconds: 15,
      megabytes: 250,
      more: {
        [`each was refused (${JSON.stringify(letIn[0]?.slice(0, 90))})`]: letIn.length === 0,
        [`nothing was even tried outside (${outsideWrites[0]?.path ?? ''})`]: outsideWrites.length === 0,
        'a plain manifest is applied': good.data.status === 'done',
      },
    });
    return verdict;
  },
});
