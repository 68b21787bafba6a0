import type { Fix } from '../../../core/finding.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { readServiceHost, type ServiceHost } from '../../../kubernetes/service-host.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { patchFix, setFix } from '../../fixes.ts';
import { type Complaint, connectionComplaints, serviceAt } from '../../network/connection-logs.ts';
import { type NamedAddress, namedAddresses } from '../../network/needed-paths.ts';
import { podSetKinds } from '../../pod-sets.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'HOST_NAME_UNKNOWN' | 'HOST_PORT_NOT_OFFERED';

/** Settings and logs that name a service which does not exist, or a port that it does not offer. */
export const clientAddressesAnalyzer = defineAnalyzer({
  id: 'client-addresses',
  needs: [...podSetKinds, 'Service', 'Namespace', 'ConfigMap'],
  codes: {
    HOST_NAME_UNKNOWN: {
      row: 'dns',
      means: 'A workload is told to connect to a Service that does not exist.',
      decided:
        'Its variables, arguments or ConfigMaps name a host that can only be a Service of this cluster and is none, or that is a slip of one; or its log says that a name was not found. Names of the world are only judged by the log.',
      fixed: 'The name of the one Service that is like it.',
    },
    HOST_PORT_NOT_OFFERED: {
      row: 'service-port',
      means: 'A workload is told to connect to a port that the Service does not offer.',
      decided:
        'Its variables, arguments or ConfigMaps name the Service as a host with a port, or with a scheme that means one, and no port of the Service has that number. A headless Service offers whatever its pods do.',
      fixed: "The Service's one port.",
    },
  },

  analyze(snapshot) {
    const said = [...unknownHosts(snapshot), ...unofferedPorts(snapshot)];
    const places = new Set(said.map(({ place }) => place));
    const drafts = [...said, ...loggedHosts(snapshot).filter(({ place }) => !places.has(place))];
    // Several settings of one workload may hold the same slip.
    const seen = new Set<string>();
    return drafts.flatMap(({ place, draft }) => {
      if (seen.has(place)) return [];
      seen.add(place);
      return [draft];
    });
  },
});

/** `place`: what is the same finding, whoever found it. */
interface Found {
  place: string;
  draft: Draft<Code>;
}

function unknownHosts(snapshot: Snapshot): Found[] {
  return namedAddresses(snapshot).flatMap((named): Found[] => {
    const { set, host } = named;
    if (!named.sure || serviceAt(host, { snapshot, namespace: set.namespace }) !== undefined) return [];
    const [meant] = readServiceHost(host, set.namespace);
    if (meant === undefined || !isMissing(meant, { named, snapshot })) return [];
    const complaint = complaintOf(named, snapshot);
    const near = nearService(meant, snapshot);
    const sure = meant.form === 'svc' || complaint !== undefined;
    if (!sure && near === undefined) return [];
    const fixes =
      near === undefined ? [] : replaceIn(named, { wrong: host, right: host.replace(meant.service, near) });
    const object = placeOf(named);
    return [
      {
        place: keyOf(named.set.object, host),
        draft: {
          code: 'HOST_NAME_UNKNOWN',
          severity: 'critical',
          object,
          summary: `${named.variable ?? named.container} names ${host}: there is no Service ${meant.service} in ${meant.namespace}`,
          evidence: [
            quoteField(named.at, named.text),
            ...(complaint === undefined ? [] : [quoteLine(complaint.container, complaint.line)]),
          ],
          ...(near === undefined ? {} : { cause: `Service/${near} in ${meant.namespace} exists.` }),
          confidence: sure ? 'certain' : 'likely',
          fixes,
          ...(fixes.length === 0 ? { question: `Which Service is ${host} meant to be?` } : {}),
          breaks: [refOf(set.object)],
          dependsOn: [serviceRef(meant)],
          depth: 2,
        },
      },
    ];
  });
}

/** Only where all Services were read that it could be, and nothing else answers to the name. */
function isMissing(
  meant: ServiceHost,
  { named, snapshot }: { named: NamedAddress; snapshot: Snapshot },
): boolean {
  const { service, namespace, form } = meant;
  if (!snapshot.lacks({ kind: 'Service', name: service, namespace })) return false;
  // A name of two words is a name of the world unless its second is a namespace.
  if (
    form === 'dotted' &&
    (meant.pod !== undefined || snapshot.find('Namespace', { name: namespace }) === undefined)
  )
    return false;
  const aliases = named.set.spec.hostAliases ?? [];
  return !aliases.some(({ hostnames = [] }) => hostnames.includes(named.host));
}

function complaintOf({ set, host }: NamedAddress, snapshot: Snapshot): Complaint | undefined {
  return connectionComplaints(snapshot).find(
    each => each.owner === set.object && each.host !== undefined && isSameHost(each.host, host),
  );
}

/** Programs write names with their search domains and a dot at their end. */
function isSameHost(one: string, other: string): boolean {
  const [a, b] = [one, other].map(each => each.toLowerCase().replace(/\.$/, ''));
  return a === b || a?.startsWith(`${b}.`) === true;
}

function nearService({ service, namespace }: ServiceHost, snapshot: Snapshot): string | undefined {
  const names = snapshot.list('Service', namespace).map(({ metadata }) => metadata.name);
  return meantName(service, names);
}

function unofferedPorts(snapshot: Snapshot): Found[] {
  return namedAddresses(snapshot).flatMap((named): Found[] => {
    const { host, port, set } = named;
    if (!named.sure || port === undefined) return [];
    const service = serviceAt(host, { snapshot, namespace: set.namespace });
    if (service === undefined || service.spec.type === 'ExternalName' || service.spec.clusterIP === 'None')
      return [];
    const ports = (service.spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
    if (ports.length === 0 || ports.some(each => each.port === port)) return [];
    const [only, second] = ports;
    const right = only === undefined || second !== undefined ? undefined : only.port;
    const complaint = complaintOf(named, snapshot);
    const fixes = right === undefined ? [] : portFix(named, { wrong: port, right });
    return [
      {
        place: keyOf(set.object, `${host}:${port}`),
        draft: {
          code: 'HOST_PORT_NOT_OFFERED',
          severity: 'critical',
          object: placeOf(named),
          summary: `${named.variable ?? named.container} names port ${port} of Service ${service.metadata.name}, which offers ${ports
            .map(each => each.port)
            .slice(0, 5)
            .join(', ')}`,
          evidence: [
            quoteField(named.at, named.text),
            quoteField(
              `${describeRef(refOf(service))} spec.ports`,
              ports.slice(0, 5).map(each => each.port),
            ),
            ...(complaint === undefined ? [] : [quoteLine(complaint.container, complaint.line)]),
          ],
          confidence: complaint === undefined ? 'likely' : 'certain',
          fixes,
          ...(fixes.length === 0 ? { question: `Which port of ${service.metadata.name} is meant?` } : {}),
          breaks: [refOf(set.object)],
          depth: 2,
        },
      },
    ];
  });
}

/** The names that logs say were not found, where no setting that was read has them: a Secret may, or the program itself. */
function loggedHosts(snapshot: Snapshot): Found[] {
  return connectionComplaints(snapshot).flatMap((complaint): Found[] => {
    const { kind, host, owner, pod, line, container } = complaint;
    const namespace = pod.metadata.namespace ?? '';
    if (
      host === undefined ||
      !(kind === 'unresolved' || (kind === 'unreachable' && complaint.port !== undefined))
    )
      return [];
    const [meant] = readServiceHost(host, namespace);
    if (
      meant === undefined ||
      meant.form === 'dotted' ||
      serviceAt(host, { snapshot, namespace }) !== undefined
    )
      return [];
    if (!snapshot.lacks({ kind: 'Service', name: meant.service, namespace: meant.namespace })) return [];
    const near = nearService(meant, snapshot);
    return [
      {
        place: keyOf(owner, host),
        draft: {
          code: 'HOST_NAME_UNKNOWN',
          severity: 'critical',
          object: refOf(owner),
          summary: `${container} looks for ${host}: there is no Service ${meant.service} in ${meant.namespace}`,
          evidence: [quoteLine(container, line)],
          ...(near === undefined ? {} : { cause: `Service/${near} in ${meant.namespace} exists.` }),
          confidence: kind === 'unresolved' ? 'certain' : 'likely',
          fixes: [],
          question: `Where is ${host} set, and which Service is meant?`,
          dependsOn: [serviceRef(meant)],
          depth: 2,
        },
      },
    ];
  });
}

/** One that is not there may be another's fault: of who stands for it, or cannot be without it. */
function serviceRef({ service: name, namespace }: ServiceHost): Ref {
  return { apiVersion: 'v1', kind: 'Service', name, namespace };
}

function keyOf(
  owner: { kind: string; metadata: { name: string; namespace?: string } },
  host: string,
): string {
  return `${owner.kind}/${owner.metadata.namespace ?? ''}/${owner.metadata.name} ${host}`;
}

/** A ConfigMap is the cause for all that read it. */
function placeOf({ configMap, set }: NamedAddress): Ref {
  return configMap === undefined
    ? refOf(set.object)
    : { apiVersion: 'v1', kind: 'ConfigMap', name: configMap, namespace: set.namespace };
}

function portFix(named: NamedAddress, { wrong, right }: { wrong: number; right: number }): Fix[] {
  const { portSetting, configMap: _from, variable: _of, ...rest } = named;
  if (portSetting !== undefined)
    return replaceIn(
      { ...rest, ...portSetting, text: portSetting.value },
      { wrong: `${wrong}`, right: `${right}` },
    );
  const written = `:${wrong}`;
  if (named.text.includes(written))
    return replaceIn(named, { wrong: `${named.host}${written}`, right: `${named.host}:${right}` });
  return named.scheme === undefined
    ? []
    : replaceIn(named, { wrong: named.host, right: `${named.host}:${right}` });
}

const settable = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** The setting with the right place in it, where it is written once: a variable of the workload, or a key of a ConfigMap. */
function replaceIn(named: NamedAddress, { wrong, right }: { wrong: string; right: string }): Fix[] {
  const { text, at, set, configMap, container, variable } = named;
  const parts = text.split(wrong);
  // What has a password in it is masked when it leaves, and cannot be written back.
  if (parts.length !== 2 || /:\/\/[^/]*@/.test(text)) return [];
  const healed = parts.join(right);
  const target = placeOf(named);
  const does = `Name ${right} in ${describeRef(target)}`;
  if (configMap !== undefined)
    return [patchFix(target, { patch: { data: { [at.slice('data.'.length)]: healed } }, does })];
  if (variable === undefined || !settable.includes(set.object.kind)) return [];
  return [setFix(target, { container, env: [`${variable}=${healed}`], does })];
}
