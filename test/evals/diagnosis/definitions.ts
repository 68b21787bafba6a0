import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { object } from './objects.ts';

/** The kinds of the Gateway API that the corpus uses, with any content. */
export function definitions(): KubeObject[] {
  const group = 'gateway.networking.k8s.io';
  return [
    ...[
      ['GatewayClass', 'Cluster', 'gatewayclasses'],
      ['Gateway', 'Namespaced', 'gateways'],
      ['HTTPRoute', 'Namespaced', 'httproutes'],
    ].map(([kind = '', scope = '', plural = '']) =>
      object(undefined, 'CustomResourceDefinition', `${plural}.${group}`, {
        apiVersion: 'apiextensions.k8s.io/v1',
        metadata: { annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' } },
        spec: {
          group,
          scope,
          names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          ],
        },
        status: {
          acceptedNames: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
          storedVersions: ['v1'],
          conditions: [
            { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
            {
              type: 'Established',
              status: 'True',
              reason: 'InitialNamesAccepted',
              message: 'the initial names have been accepted',
            },
          ],
        },
      }),
    ),
    object(undefined, 'GatewayClass', 'envoy', {
      apiVersion: `${group}/v1`,
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
      status: {
        conditions: [
          {
            type: 'Accepted',
            status: 'True',
            reason: 'Accepted',
            message: '',
            lastTransitionTime: '2026-11-01T00:00:00Z',
          },
        ],
      },
    }),
  ];
}
