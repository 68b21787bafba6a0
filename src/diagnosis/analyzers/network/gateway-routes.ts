import { listOf, textOf } from '../../../core/json.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { gatewayGroup, routeDraft, routeFix, routeKinds, routesOf } from '../../network/gateway-drafts.ts';
import {
  allowsNamespace,
  conditionIn,
  hostnamesOf,
  hostsMeet,
  listenersOf,
  type Reference,
  referenceIn,
} from '../../network/gateway-facts.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code =
  | 'ROUTE_PARENT_MISSING'
  | 'ROUTE_LISTENER_UNKNOWN'
  | 'ROUTE_NAMESPACE_NOT_ALLOWED'
  | 'ROUTE_HOST_MISMATCH'
  | 'ROUTE_NOT_ACCEPTED';

// A controller answers in seconds.
const acceptedMs = 120_000;

/** Routes of the Gateway API that no Gateway takes. */
export const gatewayRoutesAnalyzer = defineAnalyzer({
  id: 'gateway-routes',
  needs: [...routeKinds, 'Gateway', 'Namespace'],
  codes: {
    ROUTE_PARENT_MISSING: {
      row: 'gateway',
      means: 'A route names a Gateway that does not exist.',
      decided:
        'spec.parentRefs against all Gateways of that namespace, the own one unless it says otherwise.',
      fixed: 'The Gateway of the nearest name, or the only one of the namespace.',
    },
    ROUTE_LISTENER_UNKNOWN: {
      row: 'gateway',
      means: 'A route names a listener or port that its Gateway does not have.',
      decided: "sectionName or port of a parentRef against the Gateway's listeners.",
      fixed: 'The listener of the nearest name, or the only one.',
    },
    ROUTE_NAMESPACE_NOT_ALLOWED: {
      row: 'gateway',
      means: 'No listener of a Gateway takes routes of this namespace.',
      decided:
        'allowedRoutes.namespaces of every listener that the route could join; without it only routes of its own namespace.',
      fixed: 'allowedRoutes of the listener, which is for whoever owns the Gateway to say.',
    },
    ROUTE_HOST_MISMATCH: {
      row: 'gateway',
      means: 'No listener of a Gateway has a host in common with the route.',
      decided:
        'spec.hostnames against the hostname of every listener that the route could join, wildcards included.',
      fixed: 'The host of the listener, or a listener for the host.',
    },
    ROUTE_NOT_ACCEPTED: {
      row: 'gateway',
      means: 'A Gateway does not take a route, or cannot resolve what it leads to.',
      decided:
        'Accepted or ResolvedRefs of one of its parents is False for two minutes, and nothing else explains it.',
      fixed: 'What the condition complains about.',
    },
  },

  analyze(snapshot) {
    return routesOf(snapshot).flatMap(route => [
      ...parentFaults(route, snapshot),
      ...refused(route, snapshot),
    ]);
  },
});

function parentFaults(route: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const { namespace = '' } = route.metadata;
  return listOf(route.spec, 'parentRefs').flatMap((fields, index): Draft<Code>[] => {
    const parent = referenceIn(fields, {
      at: `spec.parentRefs[${index}]`,
      kind: 'Gateway',
      group: gatewayGroup,
      namespace,
    });
    // A mesh hangs its routes on Services.
    if (parent.kind !== 'Gateway' || parent.group !== gatewayGroup || parent.name === '') return [];
    const place: Ref = { kind: 'Gateway', name: parent.name, namespace: parent.namespace };
    const gateway = snapshot.get(place);
    if (gateway !== undefined) return listenerFaults(route, { parent, gateway, snapshot });
    if (!snapshot.lacks(place)) return [];
    const names = snapshot.list('Gateway', parent.namespace).map(({ metadata }) => metadata.name);
    const right = meantName(parent.name, names) ?? (names.length === 1 ? names[0] : undefined);
    return [
      routeDraft(route, {
        code: 'ROUTE_PARENT_MISSING',
        summary: `names ${describeRef(place)}, which does not exist`,
        evidence: [
          quoteField(parent.at, fields),
          quoteField(`Gateways in ${parent.namespace}`, names.slice(0, 5).join(', ') || 'none'),
        ],
        fixes:
          right === undefined
            ? []
            : [
                routeFix(route, {
                  at: `${parent.at}.name`,
                  value: right,
                  does: `Hang ${describeRef(refOf(route))} on Gateway/${right}`,
                }),
              ],
        question: 'Which Gateway is to take it?',
      }),
    ];
  });
}

function listenerFaults(
  route: KubeObject,
  { parent, gateway, snapshot }: { parent: Reference; gateway: KubeObject; snapshot: Snapshot },
): Draft<Code>[] {
  const { namespace = '' } = route.metadata;
  const all = listenersOf(gateway);
  const { sectionName, port } = parent;
  const named = all.filter(
    each => (sectionName === '' || each.name === sectionName) && (port === undefined || each.port === port),
  );
  const ref = refOf(gateway);
  const shown =
    all
      .slice(0, 5)
      .map(({ name, port: number }) => `${name} ${number}`)
      .join(', ') || 'none';
  if (named.length === 0) {
    const names = all.map(({ name }) => name);
    const right =
      sectionName === ''
        ? undefined
        : (meantName(sectionName, names) ?? (names.length === 1 ? names[0] : undefined));
    return [
      routeDraft(route, {
        code: 'ROUTE_LISTENER_UNKNOWN',
        summary: `names ${sectionName === '' ? `port ${port}` : `listener ${sectionName}`}, which ${describeRef(ref)} does not have`,
        evidence: [
          quoteField(
            `${parent.at}.${sectionName === '' ? 'port' : 'sectionName'}`,
            sectionName === '' ? port : sectionName,
          ),
          quoteField(`${describeRef(ref)} listeners`, shown),
        ],
        fixes:
          right === undefined
            ? []
            : [
                routeFix(route, {
                  at: `${parent.at}.sectionName`,
                  value: right,
                  does: `Hang ${describeRef(refOf(route))} on listener ${right}`,
                }),
              ],
        question: 'Which listener is to take it?',
      }),
    ];
  }
  const allowed = named.filter(listener => allowsNamespace(listener, { gateway, namespace, snapshot }));
  const [first] = named;
  if (allowed.length === 0)
    return [
      routeDraft(route, {
        code: 'ROUTE_NAMESPACE_NOT_ALLOWED',
        summary: `hangs on ${describeRef(ref)}, which takes no routes of namespace ${namespace}`,
        evidence: [
          quoteField(
            `${describeRef(ref)} ${first?.at}.allowedRoutes`,
            first?.fields['allowedRoutes'] ?? { namespaces: { from: 'Same' } },
          ),
        ],
        fixes: [],
        question: `Should ${describeRef(ref)} take routes of ${namespace}?`,
      }),
    ];
  const hosts = hostnamesOf(route);
  if (hosts.length === 0 || allowed.some(({ hostname }) => hosts.some(host => hostsMeet(host, hostname))))
    return [];
  return [
    routeDraft(route, {
      code: 'ROUTE_HOST_MISMATCH',
      summary: `is for ${hosts.slice(0, 3).join(', ')}, and no listener of ${describeRef(ref)} is`,
      evidence: [
        quoteField('spec.hostnames', hosts.slice(0, 5)),
        quoteField(
          `${describeRef(ref)} listener hosts`,
          allowed.slice(0, 5).map(({ hostname }) => hostname),
        ),
      ],
      fixes: [],
      question: 'For which host is it meant?',
    }),
  ];
}

function refused(route: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  for (const parent of listOf(route.status, 'parents')) {
    const wrong = ['Accepted', 'ResolvedRefs']
      .map(type => conditionIn(parent, type))
      .find(each => each?.['status'] === 'False');
    if (
      wrong === undefined ||
      (sinceMs(snapshot, textOf(wrong, 'lastTransitionTime')) ?? acceptedMs) < acceptedMs
    )
      continue;
    return [
      {
        ...routeDraft(route, {
          code: 'ROUTE_NOT_ACCEPTED',
          summary: 'its Gateway does not take it as it is',
          evidence: [
            quoteField(
              `status.parents[].conditions[${textOf(wrong, 'type')}] ${textOf(wrong, 'reason')}`,
              textOf(wrong, 'message'),
            ),
          ],
          fixes: [],
          question: 'What does its Gateway complain about?',
        }),
        depth: 1,
      },
    ];
  }
  return [];
}
