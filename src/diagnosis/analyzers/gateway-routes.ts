import type { Fix } from '../../core/finding.ts';
import { type JsonObject, listOf, textOf } from '../../core/json.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { sinceMs } from '../ages.ts';
import { type Draft, defineAnalyzer } from '../analyzer.ts';
import { quoteField } from '../evidence.ts';
import { applyFix, patchFix } from '../fixes.ts';
import {
  allowsNamespace,
  conditionIn,
  hostnamesOf,
  hostsMeet,
  isGranted,
  listenersOf,
  type Reference,
  referenceIn,
} from '../gateway-facts.ts';
import { replaceAt } from '../json-pointer.ts';
import { meantName } from '../slip.ts';
import type { Snapshot } from '../snapshot.ts';

type Code =
  | 'ROUTE_PARENT_MISSING'
  | 'ROUTE_LISTENER_UNKNOWN'
  | 'ROUTE_NAMESPACE_NOT_ALLOWED'
  | 'ROUTE_HOST_MISMATCH'
  | 'ROUTE_BACKEND_MISSING'
  | 'ROUTE_PORT_UNKNOWN'
  | 'ROUTE_GRANT_MISSING'
  | 'ROUTE_NOT_ACCEPTED';

const group = 'gateway.networking.k8s.io';
const kinds = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'];
// A controller answers in seconds.
const acceptedMs = 120_000;

/** Routes of the Gateway API that no Gateway takes, or that lead nowhere. */
export const gatewayRoutesAnalyzer = defineAnalyzer({
  id: 'gateway-routes',
  needs: [...kinds, 'Gateway', 'Service', 'ReferenceGrant', 'Namespace'],
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
    ROUTE_BACKEND_MISSING: {
      row: 'gateway',
      means: 'A route leads to a Service that does not exist.',
      decided: 'backendRefs against all Services of that namespace.',
      fixed: 'The Service of the nearest name.',
    },
    ROUTE_PORT_UNKNOWN: {
      row: 'gateway',
      means: 'A route leads to a port that its Service does not have.',
      decided: 'The port of a backendRef against spec.ports of the Service.',
      fixed: "The Service's one port.",
    },
    ROUTE_GRANT_MISSING: {
      row: 'gateway',
      means: 'A route leads to a Service of another namespace, which nobody there allows.',
      decided: 'No ReferenceGrant in the namespace of the Service names routes of this one.',
      fixed: 'A ReferenceGrant there.',
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
    const routes = kinds
      .flatMap(kind => snapshot.list(kind))
      .filter(each => each.apiVersion.startsWith(`${group}/`) && !isDeleting(each));
    return routes.flatMap(route => [
      ...parentFaults(route, snapshot),
      ...backendFaults(route, snapshot),
      ...refused(route, snapshot),
    ]);
  },
});

function draft(
  route: KubeObject,
  {
    fixes,
    question,
    ...facts
  }: { code: Code; summary: string; evidence: string[]; fixes: Fix[]; question: string },
): Draft<Code> {
  return {
    severity: 'critical',
    object: refOf(route),
    ...facts,
    confidence: 'certain',
    fixes,
    ...(fixes.length === 0 ? { question } : {}),
    depth: 2,
  };
}

function setting(
  route: KubeObject,
  { at, value, does }: { at: string; value: string | number; does: string },
): Fix {
  return patchFix(refOf(route), { patch: [replaceAt(at, value)], does });
}

function parentFaults(route: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const { namespace = '' } = route.metadata;
  return listOf(route.spec, 'parentRefs').flatMap((fields, index): Draft<Code>[] => {
    const parent = referenceIn(fields, {
      at: `spec.parentRefs[${index}]`,
      kind: 'Gateway',
      group,
      namespace,
    });
    // A mesh hangs its routes on Services.
    if (parent.kind !== 'Gateway' || parent.group !== group || parent.name === '') return [];
    const place: Ref = { kind: 'Gateway', name: parent.name, namespace: parent.namespace };
    const gateway = snapshot.get(place);
    if (gateway !== undefined) return listenerFaults(route, { parent, gateway, snapshot });
    if (!snapshot.lacks(place)) return [];
    const names = snapshot.list('Gateway', parent.namespace).map(({ metadata }) => metadata.name);
    const right = meantName(parent.name, names) ?? (names.length === 1 ? names[0] : undefined);
    return [
      draft(route, {
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
                setting(route, {
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
      draft(route, {
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
                setting(route, {
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
      draft(route, {
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
    draft(route, {
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

function backendFaults(route: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const { namespace = '' } = route.metadata;
  const seen = new Set<string>();
  return listOf(route.spec, 'rules').flatMap((rule, index) =>
    listOf(rule, 'backendRefs').flatMap((fields, number): Draft<Code>[] => {
      const at = `spec.rules[${index}].backendRefs[${number}]`;
      const to = referenceIn(fields, { at, kind: 'Service', group: '', namespace });
      const key = `${to.namespace}/${to.name}:${to.port}`;
      if (to.kind !== 'Service' || to.group !== '' || to.name === '' || seen.has(key)) return [];
      seen.add(key);
      return backendFault(route, { to, fields, snapshot });
    }),
  );
}

function backendFault(
  route: KubeObject,
  { to, fields, snapshot }: { to: Reference; fields: JsonObject; snapshot: Snapshot },
): Draft<Code>[] {
  const place = { kind: 'Service', name: to.name, namespace: to.namespace };
  const service = snapshot.find('Service', place);
  const own = describeRef(refOf(route));
  if (service === undefined) {
    if (!snapshot.lacks(place)) return [];
    const near = meantName(
      to.name,
      snapshot.list('Service', to.namespace).map(({ metadata }) => metadata.name),
    );
    return [
      draft(route, {
        code: 'ROUTE_BACKEND_MISSING',
        summary: `leads to ${describeRef(place)}, which does not exist`,
        evidence: [quoteField(to.at, fields)],
        fixes:
          near === undefined
            ? []
            : [setting(route, { at: `${to.at}.name`, value: near, does: `Lead ${own} to Service/${near}` })],
        question: 'Which Service is to answer?',
      }),
    ];
  }
  const from = { group, kind: route.kind, namespace: route.metadata.namespace ?? '' };
  if (snapshot.sees('ReferenceGrant', to.namespace) && !isGranted({ from, to }, snapshot)) {
    const manifest = {
      apiVersion: `${group}/v1beta1`,
      kind: 'ReferenceGrant',
      metadata: { name: `from-${from.namespace}`, namespace: to.namespace },
      spec: { from: [from], to: [{ group: '', kind: 'Service', name: to.name }] },
    };
    return [
      draft(route, {
        code: 'ROUTE_GRANT_MISSING',
        summary: `leads to ${describeRef(place)}, and no ReferenceGrant there allows it`,
        evidence: [quoteField(to.at, fields)],
        fixes: [
          applyFix(manifest, `Allow ${route.kind}s of ${from.namespace} to lead to ${describeRef(place)}`),
        ],
        question: '',
      }),
    ];
  }
  const ports = service.spec.ports ?? [];
  if (typeof to.port !== 'number' || ports.length === 0 || ports.some(({ port }) => port === to.port))
    return [];
  const [only, second] = ports;
  const right = second === undefined ? only?.port : undefined;
  return [
    draft(route, {
      code: 'ROUTE_PORT_UNKNOWN',
      summary: `leads to port ${to.port} of ${describeRef(place)}, which has ${ports
        .slice(0, 5)
        .map(({ port }) => port)
        .join(', ')}`,
      evidence: [
        quoteField(`${to.at}.port`, to.port),
        quoteField(
          `${describeRef(place)} spec.ports`,
          ports.slice(0, 5).map(({ port }) => port),
        ),
      ],
      fixes:
        right === undefined
          ? []
          : [setting(route, { at: `${to.at}.port`, value: right, does: `Lead ${own} to port ${right}` })],
      question: `Which port of Service ${to.name} is meant?`,
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
        ...draft(route, {
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
