import { type JsonObject, listOf } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { gatewayGroup, routeDraft, routeFix, routeKinds, routesOf } from '../../network/gateway-drafts.ts';
import { isGranted, type Reference, referenceIn } from '../../network/gateway-facts.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'ROUTE_BACKEND_MISSING' | 'ROUTE_PORT_UNKNOWN' | 'ROUTE_GRANT_MISSING';

/** Routes of the Gateway API that lead to services which do not exist, or which they may not name. */
export const gatewayBackendsAnalyzer = defineAnalyzer({
  id: 'gateway-backends',
  needs: [...routeKinds, 'Service', 'ReferenceGrant'],
  codes: {
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
      fixed: 'A ReferenceGrant there, if whoever owns the Service wants it: it is never offered.',
    },
  },

  analyze(snapshot) {
    return routesOf(snapshot).flatMap(route => backendFaults(route, snapshot));
  },
});

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
      routeDraft(route, {
        code: 'ROUTE_BACKEND_MISSING',
        summary: `leads to ${describeRef(place)}, which does not exist`,
        evidence: [quoteField(to.at, fields)],
        fixes:
          near === undefined
            ? []
            : [routeFix(route, { at: `${to.at}.name`, value: near, does: `Lead ${own} to Service/${near}` })],
        question: 'Which Service is to answer?',
      }),
    ];
  }
  const from = { group: gatewayGroup, kind: route.kind, namespace: route.metadata.namespace ?? '' };
  if (snapshot.sees('ReferenceGrant', to.namespace) && !isGranted({ from, to }, snapshot)) {
    return [
      routeDraft(route, {
        code: 'ROUTE_GRANT_MISSING',
        summary: `leads to ${describeRef(place)}, and no ReferenceGrant there allows it`,
        evidence: [quoteField(to.at, fields)],
        // The owner of the Service says who may lead to it, and not whoever wrote the route.
        fixes: [],
        question: `May ${route.kind}s of ${from.namespace} lead to it? Then its owners make a ReferenceGrant in ${to.namespace}.`,
      }),
    ];
  }
  const ports = service.spec.ports ?? [];
  if (typeof to.port !== 'number' || ports.length === 0 || ports.some(({ port }) => port === to.port))
    return [];
  const [only, second] = ports;
  const right = second === undefined ? only?.port : undefined;
  return [
    routeDraft(route, {
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
          : [routeFix(route, { at: `${to.at}.port`, value: right, does: `Lead ${own} to port ${right}` })],
      question: `Which port of Service ${to.name} is meant?`,
    }),
  ];
}
