import type { JsonObject } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import { backendsIn, type PortedBackend } from '../../../kubernetes/ingress-ports.ts';
import type { Ingress, Service } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { replaceAt } from '../../json-pointer.ts';
import { meantName, nearNames } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'INGRESS_BACKEND_MISSING' | 'INGRESS_PORT_UNKNOWN';

/** Ingresses that lead to services, or to ports of services, that do not exist. */
export const ingressBackendsAnalyzer = defineAnalyzer({
  id: 'ingress-backends',
  needs: ['Ingress', 'Service'],
  codes: {
    INGRESS_BACKEND_MISSING: {
      row: 'ingress',
      means: 'An Ingress leads to a Service that does not exist in its namespace.',
      decided: 'All Services of the namespace were read, and the named one is not among them.',
      fixed: 'The Service of the one nearest name, where it has the port; others are named in the question.',
    },
    INGRESS_PORT_UNKNOWN: {
      row: 'ingress',
      means: 'An Ingress leads to a port that its Service does not have.',
      decided:
        'By number or by name as the Ingress gives it; the number is that of the Service, not of the pods.',
      fixed: 'The one port of the Service, or the one of the nearest name.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Ingress').flatMap(ingress => {
      if (isDeleting(ingress)) return [];
      const groups = Map.groupBy(backendsIn(ingress), ({ service, port }) => `${service} ${port}`);
      return [...groups.values()].flatMap(group => backendFault(ingress, { group, snapshot }));
    });
  },
});

function backendFault(
  ingress: Ingress,
  { group, snapshot }: { group: readonly PortedBackend[]; snapshot: Snapshot },
): Draft<Code>[] {
  const [first] = group;
  if (first === undefined) return [];
  const { namespace = '' } = ingress.metadata;
  const place = { kind: 'Service', name: first.service, namespace };
  const service = snapshot.find('Service', place);
  if (service !== undefined) return portFault(ingress, { group, service });
  if (!snapshot.lacks(place)) return [];
  const names = snapshot.list('Service', namespace).map(({ metadata }) => metadata.name);
  const near = meantName(first.service, names);
  const meant = near === undefined ? undefined : snapshot.find('Service', { name: near, namespace });
  const fits = meant !== undefined && hasPort(meant, first.port);
  const others = near === undefined ? nearNames(first.service, names) : [];
  const named = near !== undefined && !fits ? [near] : others;
  const ref = refOf(ingress);
  return [
    {
      code: 'INGRESS_BACKEND_MISSING',
      severity: 'critical',
      object: ref,
      summary: `${first.from} leads to Service ${first.service}, which does not exist`,
      evidence: [quoteField(`${first.at}.service.name`, first.service)],
      ...(near === undefined ? {} : { cause: `Service/${near} exists: a slip in the name?` }),
      confidence: 'certain',
      fixes:
        near === undefined || !fits
          ? []
          : [
              patchFix(ref, {
                patch: group.map(({ at }) => replaceAt(`${at}.service.name`, near)),
                does: `Lead ${describeRef(ref)} to Service/${near}`,
              }),
            ],
      ...(near === undefined || !fits ? { question: questionOf(first, named) } : {}),
      depth: 2,
    },
  ];
}

/** A name that is near is not yet the one that is meant: another word, more than one, or one without the port. */
function questionOf({ from, port }: PortedBackend, near: readonly string[]): string {
  const [only, ...others] = near;
  if (only === undefined) return `Which Service is to answer for ${from}?`;
  return others.length === 0
    ? `Is Service ${only} meant${port === undefined ? '' : `, and by which port instead of ${port}`}, or is one to be made?`
    : `Which of the Services ${near.join(', ')} is to answer for ${from}, or is one to be made?`;
}

function portFault(
  ingress: Ingress,
  { group, service }: { group: readonly PortedBackend[]; service: Service },
): Draft<Code>[] {
  const [first] = group;
  const { port } = { ...first };
  if (first === undefined || port === undefined || hasPort(service, port)) return [];
  const ports = service.spec.ports ?? [];
  // A name of the world outside has whatever ports it has.
  if (ports.length === 0 && service.spec.type === 'ExternalName') return [];
  const near =
    typeof port === 'string'
      ? meantName(
          port,
          ports.flatMap(({ name }) => name ?? []),
        )
      : undefined;
  const [only, second] = ports;
  const right: JsonObject | undefined =
    near !== undefined
      ? { name: near }
      : only !== undefined && second === undefined
        ? { number: only.port }
        : undefined;
  const ref = refOf(ingress);
  const shown = ports
    .slice(0, 5)
    .map(each => (each.name === undefined ? `${each.port}` : `${each.name} ${each.port}`));
  return [
    {
      code: 'INGRESS_PORT_UNKNOWN',
      severity: 'critical',
      object: ref,
      summary: `${first.from} leads to port ${port} of Service ${first.service}, which has ${shown.join(', ') || 'none'}`,
      evidence: [
        quoteField(`${first.at}.service.port`, typeof port === 'number' ? { number: port } : { name: port }),
        quoteField(`${describeRef(refOf(service))} spec.ports`, shown.join(', ') || 'none'),
      ],
      confidence: 'certain',
      fixes:
        right === undefined
          ? []
          : [
              patchFix(ref, {
                patch: group.map(({ at }) => replaceAt(`${at}.service.port`, right)),
                does: `Lead ${describeRef(ref)} to port ${near ?? only?.port} of Service/${first.service}`,
              }),
            ],
      ...(right === undefined ? { question: `Which port of Service ${first.service} is meant?` } : {}),
      depth: 2,
    },
  ];
}

function hasPort({ spec }: Service, port: number | string | undefined): boolean {
  return port === undefined || (spec.ports ?? []).some(each => each.port === port || each.name === port);
}
