import { describeRef } from '../../../core/ref.ts';
import type { Service, ServicePort } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { endpointsOf, setsBehind } from '../../network/behind-service.ts';
import { type Complaint, complaintsAbout, complaintsOf } from '../../network/connection-logs.ts';
import type { PodSet } from '../../pod-sets.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'SERVICE_PORT_NAME_UNKNOWN' | 'SERVICE_PORT_NOT_SERVED' | 'SERVICE_PROTOCOL_MISMATCH';

/** A port that a container declares. */
interface Declared {
  name?: string;
  number: number;
  protocol: string;
}

/** Services whose port leads to one that no container of their pods has. */
export const servicePortsAnalyzer = defineAnalyzer({
  id: 'service-ports',
  needs: ['Service', 'EndpointSlice', 'Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  codes: {
    SERVICE_PORT_NAME_UNKNOWN: {
      row: 'service-port',
      means: 'A Service leads to a named port that no container of its pods has.',
      decided: 'By the templates of all workloads that the Service selects.',
      fixed: 'The one port that the containers declare, or the one of the nearest name.',
    },
    SERVICE_PORT_NOT_SERVED: {
      row: 'service-port',
      means: 'A Service leads to a port number on which nobody listens.',
      decided:
        'No container declares the number, probes it or names it in its settings, and either clients are refused or exactly one other declared port has no Service port. Pods may listen where they declare nothing: a missing declaration alone is no finding.',
      fixed: 'The declared port that no other port of the Service leads to.',
    },
    SERVICE_PROTOCOL_MISMATCH: {
      row: 'service-port',
      means: 'A Service offers a port under another protocol than its containers have it.',
      decided:
        'Every container that declares the port declares it under another protocol, and no other port of the Service offers that one.',
      fixed: "The containers' protocol.",
    },
  },

  analyze(snapshot) {
    return snapshot.of('Service').flatMap((service): Draft<Code>[] => {
      if (isDeleting(service) || service.spec.type === 'ExternalName') return [];
      const sets = setsBehind(service, snapshot);
      if (sets.length === 0) return [];
      const ports = service.spec.ports ?? [];
      return ports.flatMap((_, index) => portFault(service, { index, sets, snapshot }) ?? []);
    });
  },
});

/** Whether all ports of a service that are given by name or declared elsewhere lead into a set. */
export function servesPorts(service: Service, set: PodSet): boolean {
  return (service.spec.ports ?? []).every(
    (_, index) => wrongOf(service, { index, sets: [set], complaints: [] }) === undefined,
  );
}

interface Wrong {
  code: Code;
  field: 'targetPort' | 'protocol';
  /** What it ought to be, where only one thing fits. */
  right?: number | string;
  complaint?: Complaint;
}

function portFault(
  service: Service,
  { index, sets, snapshot }: { index: number; sets: readonly PodSet[]; snapshot: Snapshot },
): Draft<Code> | undefined {
  const port = service.spec.ports?.[index];
  if (port === undefined) return undefined;
  // Who is refused where nobody is ready is refused for that.
  const complaints = endpointsOf(service, snapshot).ready > 0 ? refusals(service, { port, snapshot }) : [];
  const wrong = wrongOf(service, { index, sets, complaints });
  if (wrong === undefined) return undefined;
  const { code, field, right, complaint } = wrong;
  const at = `spec.ports[${index}].${field}`;
  const has = field === 'protocol' ? (port.protocol ?? 'TCP') : targetOf(port);
  const ref = refOf(service);
  const declared = sets.slice(0, 2).map(set => {
    const ports = declaredPorts(set).map(
      ({ name, number, protocol }) => `${name ?? ''}${name === undefined ? '' : ' '}${number}/${protocol}`,
    );
    return quoteField(`${describeRef(refOf(set.object))} containerPorts`, ports.join(', ') || 'none');
  });
  const change =
    right === undefined ? undefined : { op: 'add', path: `/spec/ports/${index}/${field}`, value: right };
  return {
    code,
    severity: 'critical',
    object: ref,
    summary: summaryOf({ code, port: port.port, has }),
    evidence: [
      quoteField(at, has),
      ...declared,
      ...(complaint === undefined ? [] : [quoteLine(complaint.container, complaint.line)]),
    ],
    confidence: code === 'SERVICE_PORT_NAME_UNKNOWN' ? 'certain' : 'likely',
    fixes:
      change === undefined
        ? []
        : [patchFix(ref, { patch: [change], does: `Set ${at} of ${describeRef(ref)} to ${right}` })],
    ...(change === undefined
      ? { question: `On which port do the pods of ${service.metadata.name} listen?` }
      : {}),
    breaks: complaintsAbout(service, snapshot),
    depth: 2,
  };
}

function summaryOf({ code, port, has }: { code: Code; port: number; has: number | string }): string {
  switch (code) {
    case 'SERVICE_PORT_NAME_UNKNOWN':
      return `port ${port} leads to the port named ${has}, which no container of its pods has`;
    case 'SERVICE_PORT_NOT_SERVED':
      return `port ${port} leads to ${has}, on which no container of its pods listens`;
    case 'SERVICE_PROTOCOL_MISMATCH':
      return `port ${port} is offered under ${has}, and its containers have it under another protocol`;
  }
}

function wrongOf(
  service: Service,
  { index, sets, complaints }: { index: number; sets: readonly PodSet[]; complaints: readonly Complaint[] },
): Wrong | undefined {
  const ports = service.spec.ports ?? [];
  const port = ports[index];
  if (port === undefined) return undefined;
  const target = targetOf(port);
  const { protocol = 'TCP' } = port;
  const all = sets.flatMap(declaredPorts);
  const is = (each: Declared) => each.number === target || each.name === target;
  if (all.some(each => is(each) && each.protocol === protocol)) return undefined;
  const twin = all.find(is);
  if (twin !== undefined) {
    // A DNS server listens on one number under both, and often declares but one.
    const offered = ports.some(
      each => targetOf(each) === target && (each.protocol ?? 'TCP') === twin.protocol,
    );
    if (typeof target === 'string' || !offered)
      return {
        code:
          typeof target === 'string' && offered ? 'SERVICE_PORT_NAME_UNKNOWN' : 'SERVICE_PROTOCOL_MISMATCH',
        field: 'protocol',
        ...(offered ? {} : { right: twin.protocol }),
      };
    return undefined;
  }
  // A service without an address of its own is its pods' addresses: what it calls the ports leads nobody astray.
  if (service.spec.clusterIP === 'None' && typeof target === 'number') return undefined;
  const fitting = all.filter(each => each.protocol === protocol);
  const free = fitting.filter(
    each => !ports.some(other => other !== port && [each.name, each.number].includes(targetOf(other))),
  );
  const right = theOnly(free);
  if (typeof target === 'string') {
    const names = free.flatMap(({ name }) => name ?? []);
    const chosen = meantName(target, names) ?? right;
    return {
      code: 'SERVICE_PORT_NAME_UNKNOWN',
      field: 'targetPort',
      ...(chosen === undefined ? {} : { right: chosen }),
    };
  }
  if (sets.some(set => isMentioned(set, target))) return undefined;
  const [complaint] = complaints;
  if (complaint === undefined && right === undefined) return undefined;
  return {
    code: 'SERVICE_PORT_NOT_SERVED',
    field: 'targetPort',
    ...(right === undefined ? {} : { right }),
    ...(complaint === undefined ? {} : { complaint }),
  };
}

/** The port that all of them are; by name where it has one. */
function theOnly(ports: readonly Declared[]): number | string | undefined {
  const [first, ...others] = ports;
  if (first === undefined || others.some(each => each.number !== first.number)) return undefined;
  return first.name !== undefined && others.every(each => each.name === first.name)
    ? first.name
    : first.number;
}

function targetOf({ port, targetPort }: ServicePort): number | string {
  // The server fills in the port; a manifest may leave it out, or write nothing or zero.
  return targetPort === undefined || targetPort === '' || targetPort === 0 ? port : targetPort;
}

/** Of containers that run beside each other: those of the pod, and init containers that never end. */
function declaredPorts({ spec }: PodSet): Declared[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.map(({ name, containerPort, protocol = 'TCP' }) => ({
      ...(name === undefined || name === '' ? {} : { name }),
      number: containerPort,
      protocol,
    })),
  );
}

/** Whether a probe, a variable or an argument of a container has the number: it is then probably served. */
function isMentioned({ spec }: PodSet, number: number): boolean {
  const word = String(number);
  return spec.containers.some(container => {
    const { readinessProbe, livenessProbe, startupProbe, command = [], args = [], env = [] } = container;
    const texts = [
      ...[readinessProbe, livenessProbe, startupProbe].map(probe => JSON.stringify(probe ?? {})),
      ...command,
      ...args,
      ...env.map(({ value }) => (typeof value === 'string' ? value : '')),
    ];
    return texts.some(text => text.split(/\D+/).includes(word));
  });
}

function refusals(
  service: Service,
  { port, snapshot }: { port: ServicePort; snapshot: Snapshot },
): readonly Complaint[] {
  return complaintsOf(service, snapshot).filter(
    ({ kind, port: asked }) => kind === 'refused' && (asked === undefined || asked === port.port),
  );
}
