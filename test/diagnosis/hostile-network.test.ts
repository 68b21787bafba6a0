import { expect, test } from 'vitest';
import { isObject, type Json } from '../../src/core/json.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { Snapshot } from '../../src/diagnosis/snapshot.ts';
import { misfitOf } from '../../src/kubernetes/fit.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { fc } from '../support/properties.ts';
import { takenAt } from '../support/snapshot-of.ts';

// Whatever a server or a file holds in the kinds of the network: what fits its kind is judged, and nothing ends the look.

const words = [
  'api',
  'shop',
  'http',
  '__proto__',
  'constructor',
  '*.example.com',
  '10.0.0.0/8',
  '(',
  'kube-dns',
  '',
  'Local',
  'ClusterFirst',
  'http://api:99999/(',
  'api.shop.svc:80',
];
const text = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12 }));
const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const keys = [
  'name',
  'namespace',
  'host',
  'hosts',
  'http',
  'paths',
  'path',
  'backend',
  'service',
  'port',
  'ports',
  'number',
  'rules',
  'tls',
  'secretName',
  'listeners',
  'parentRefs',
  'backendRefs',
  'hostnames',
  'certificateRefs',
  'allowedRoutes',
  'namespaces',
  'from',
  'to',
  'ingress',
  'egress',
  'ipBlock',
  'cidr',
  'except',
  'podSelector',
  'matchLabels',
  'selector',
  'targetPort',
  'protocol',
  'conditions',
  'type',
  'status',
  'reason',
  'message',
  'lastTransitionTime',
  'clientConfig',
  'caBundle',
  'endpoints',
  'addresses',
  'externalName',
  'clusterIP',
  'ingressClassName',
  'serviceName',
];
const { tree } = fc.letrec<{ tree: Json }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5 }),
  ),
}));

const kinds: readonly (readonly [string, string])[] = [
  ['v1', 'Service'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['networking.k8s.io/v1', 'IngressClass'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ['apiregistration.k8s.io/v1', 'APIService'],
  ['gateway.networking.k8s.io/v1', 'Gateway'],
  ['gateway.networking.k8s.io/v1', 'GatewayClass'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['gateway.networking.k8s.io/v1beta1', 'ReferenceGrant'],
  ['cert-manager.io/v1', 'Certificate'],
];

const object = fc
  .record({
    kind: fc.constantFrom(...kinds),
    name: text,
    namespace: fc.constantFrom('shop', 'kube-system'),
    spec: tree,
    status: tree,
    webhooks: tree,
  })
  .map(({ kind: [apiVersion, kind], name, namespace, ...rest }): unknown => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    ...rest,
  }));

test('objects of any content are judged or left out, and every finding fits its bounds', () => {
  fc.assert(
    fc.property(fc.array(object, { maxLength: 8 }), values => {
      const objects = values
        .map(value => structuredClone(value))
        .filter((value): value is KubeObject => {
          if (!isObject(value)) return false;
          const { apiVersion, kind } = value;
          return (
            typeof apiVersion === 'string' &&
            typeof kind === 'string' &&
            misfitOf(value, { apiVersion, kind }) === undefined
          );
        });
      const { findings } = diagnose(new Snapshot({ takenAt, objects, events: [] }));
      for (const finding of findings)
        expect(finding.fixes.length > 0 || finding.question !== undefined).toBe(true);
    }),
    { numRuns: 400 },
  );
});
