import { describe, expect, test } from 'vitest';
import { networkPoliciesAnalyzer } from '../../../../src/diagnosis/analyzers/network/network-policies.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, namespace, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const policy = (name: string, spec: string, place = 'shop') => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${place}}
spec: ${spec}
`;

const client = deployment('web', { container: 'env: [{name: API_URL, value: "http://api:80/v1"}]' });
const shop = namespace('shop') + client + deployment('api') + service('api');
const found = (documents: string, rest = {}) =>
  networkPoliciesAnalyzer
    .analyze(snapshotOf(documents, rest))
    .map(({ code, object }) => `${code} ${object.name}`);
const dns = '{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}';

describe('a path that settings name', () => {
  test.each([
    ['in, by nobody', policy('deny', '{podSelector: {matchLabels: {app: api}}}'), 'deny'],
    [
      'in, at the port of the Service instead of the pods’',
      policy(
        'allow',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]}',
      ),
      'allow',
    ],
    [
      'in, from others alone',
      policy(
        'allow',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: [{port: 8080}]}]}',
      ),
      'allow',
    ],
    [
      'out, to DNS alone',
      policy('out', `{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [${dns}]}`),
      'out',
    ],
  ])('is stopped %s: found from the spec alone, and healed', (_, documents, name) => {
    const { before, after } = healedBy(shop + documents);
    expect(before).toMatchObject([
      { code: 'NETWORK_POLICY_BLOCKS_PATH', object: { kind: 'NetworkPolicy', name } },
    ]);
    expect(JSON.stringify(before[0]).length).toBeLessThanOrEqual(1_200);
    expect(after).toEqual([]);
  });

  test('two clients that are kept from the same port get it once', () => {
    const worker = deployment('worker', { container: 'env: [{name: API_URL, value: "http://api:80/v1"}]' });
    const [found] = networkPoliciesAnalyzer.analyze(
      snapshotOf(
        shop +
          worker +
          policy(
            'allow',
            '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}',
          ),
      ),
    );
    const patch: unknown = found?.fixes[0]?.arguments['patch'];
    expect(typeof patch === 'string' ? patch.split('"op"').length - 1 : 0).toBe(1);
  });

  test('a rule that nearly fits counts more than the policy that denies the rest', () => {
    const documents =
      policy('deny', '{podSelector: {}}') +
      policy(
        'allow-api',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]}',
      );
    expect(found(shop + documents)).toEqual(['NETWORK_POLICY_BLOCKS_PATH allow-api']);
  });

  test('one policy that stops both ends and DNS is one finding', () => {
    expect(found(shop + policy('all', '{podSelector: {}, policyTypes: [Ingress, Egress]}'))).toEqual([
      'NETWORK_POLICY_BLOCKS_PATH all',
    ]);
  });

  test.each([
    [
      'lets it through',
      policy(
        'allow',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]}',
      ),
    ],
    ['is about others', policy('deny', '{podSelector: {matchLabels: {app: cart}}}')],
    ['is of another namespace', namespace('other') + policy('deny', '{podSelector: {}}', 'other')],
  ])('is open where a policy %s', (_, documents) => {
    expect(found(shop + documents)).toEqual([]);
  });

  test('of pods on the network of their node is open', () => {
    const host = deployment('web', {
      pod: 'hostNetwork: true',
      container: 'env: [{name: API_URL, value: "http://api:80"}]',
    });
    expect(
      found(
        namespace('shop') +
          host +
          deployment('api') +
          service('api') +
          policy('out', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}'),
      ),
    ).toEqual([]);
  });

  test('is not judged by labels of a namespace that nobody read', () => {
    const other = deployment('web', {
      namespace: 'front',
      container: 'env: [{name: API_URL, value: "http://api.shop.svc"}]',
    });
    const byTeam = policy(
      'allow',
      '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: front}}}]}]}',
    );
    const documents = namespace('shop') + other + deployment('api') + service('api') + byTeam;
    expect(found(documents)).toEqual([]);
    expect(found(documents + namespace('front'))).toEqual(['NETWORK_POLICY_BLOCKS_PATH allow']);
    expect(found(documents + namespace('front', '{team: front}'))).toEqual([]);
  });
});

test('pods that name hosts and may not ask the DNS are found, and healed', () => {
  const out = policy(
    'out',
    '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: api}}}]}]}',
  );
  const { before, after } = healedBy(shop + out);
  expect(before).toMatchObject([{ code: 'NETWORK_POLICY_BLOCKS_DNS', object: { name: 'out' } }]);
  expect(after).toEqual([]);
});

test('pods that need nobody may be closed in', () => {
  expect(
    found(
      namespace('shop') +
        deployment('batch') +
        policy('deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'),
    ),
  ).toEqual([]);
});

test('a log that waits for a service in vain says that the path is needed', () => {
  const pod = `---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: shop, labels: {app: job}}
spec: {containers: [{name: main}]}
`;
  const documents =
    namespace('shop') +
    pod +
    deployment('api') +
    service('api') +
    policy('deny', '{podSelector: {matchLabels: {app: api}}}');
  const logs = new Map([
    ['shop/job/main', { lines: ['dial tcp api.shop.svc.cluster.local:80: i/o timeout'], previous: false }],
  ]);
  expect(found(documents)).toEqual([]);
  expect(found(documents, { logs })).toEqual(['NETWORK_POLICY_BLOCKS_PATH deny']);
});

test('a log that waits for the world in vain tells of a policy that lets nothing out', () => {
  const pod =
    '---\napiVersion: v1\nkind: Pod\nmetadata: {name: job, namespace: shop, labels: {app: job}}\nspec: {containers: [{name: main}]}\n';
  const logs = new Map([
    [
      'shop/job/main',
      {
        lines: ['Post "https://pay.example.com/v1": dial tcp 203.0.113.9:443: i/o timeout'],
        previous: false,
      },
    ],
  ]);
  const out = (egress: string) =>
    found(
      namespace('shop') + pod + policy('out', `{podSelector: {}, policyTypes: [Egress], egress: ${egress}}`),
      { logs },
    );
  expect(out(`[${dns}]`)).toEqual(['NETWORK_POLICY_BLOCKS_PATH out']);
  expect(out('[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]')).toEqual([]);
  expect(out('[{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 443}]}]')).toEqual([]);
});

test('what an Ingress leads to must be open to its controller', () => {
  const controller = namespace('edge') + deployment('traefik', { namespace: 'edge' });
  const ingress = `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {ingressClassName: traefik, rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}]}
`;
  const own = policy(
    'own',
    '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {}}]}]}',
  );
  const rights = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: traefik}
rules: [{apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: traefik}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: traefik}
subjects: [{kind: ServiceAccount, name: default, namespace: edge}]
`;
  const documents = namespace('shop') + controller + ingress + deployment('api') + service('api') + own;
  // Anybody labels pods: what nothing else shows to be a controller asks for itself.
  expect(diagnose(snapshotOf(documents)).findings).toMatchObject([{ severity: 'warning', fixes: [] }]);
  const account = '---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: edge}\n';
  expect(diagnose(snapshotOf(documents + rights + account)).findings).toMatchObject([
    {
      code: 'NETWORK_POLICY_BLOCKS_PATH',
      severity: 'critical',
      object: { name: 'own' },
      fixes: [],
      question: 'Does whoever owns shop want to let Deployment/traefik in edge in?',
    },
  ]);
});

describe('a client of another namespace', () => {
  const foreign = (...names: string[]) =>
    namespace('evil') +
    names
      .map(name =>
        deployment(name, {
          namespace: 'evil',
          container: 'env: [{name: API_URL, value: "http://api.shop:80"}]',
        }),
      )
      .join('');
  const look = (documents: string) => networkPoliciesAnalyzer.analyze(snapshotOf(documents));

  test.each([
    ['nobody', '{podSelector: {}}'],
    [
      'others',
      '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: [{port: 8080}]}]}',
    ],
  ])('is not let in by its own wish where a policy lets %s in', (_, spec) => {
    const documents =
      namespace('shop') + deployment('api') + service('api') + foreign('mule') + policy('own', spec);
    expect(look(documents)).toMatchObject([
      {
        severity: 'warning',
        fixes: [],
        question: 'Does whoever owns shop want to let Deployment/mule in evil in?',
      },
    ]);
  });

  test('neither rides on the fix of those that belong there, nor keeps them from it', () => {
    const documents =
      shop +
      foreign('mule-1', 'mule-2', 'mule-3') +
      policy(
        'own',
        '{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: [{port: 8080}]}]}',
      );
    const own = look(documents).filter(({ fixes }) => fixes.length > 0);
    expect(own).toMatchObject([
      {
        severity: 'critical',
        fixes: [
          {
            does: 'Let Deployment/web through to Service/api port 80 by the rules of NetworkPolicy/own in shop',
          },
        ],
      },
    ]);
    expect(JSON.stringify(own)).not.toContain('evil');
    expect(look(documents)).toHaveLength(2);
  });
});
