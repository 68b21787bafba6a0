import { isObject, type JsonObject, plainText, textOf, textsIn } from '../../core/json.ts';
import { listOf, objectOf } from '../validation/problem.ts';

/*
 * The Pod Security Standards in the words of the server. A check returns what is wrong in detail, or undefined; each
 * names the ones of the lower level that it makes needless.
 */

export interface SecurityCheck {
  id: string;
  reason: string;
  /** The minor version of the standard that first had it. */
  since?: number;
  replaces?: string;
  fault: (pod: JsonObject) => string | undefined;
}

const quoted = (names: readonly string[]): string => names.map(name => `"${name}"`).join(', ');
const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();
const several = (count: number, word: string): string => (count === 1 ? word : `${word}s`);

function everyContainer(pod: JsonObject): JsonObject[] {
  return [
    ...listOf(pod, 'initContainers'),
    ...listOf(pod, 'containers'),
    ...listOf(pod, 'ephemeralContainers'),
  ];
}

function security(holder: JsonObject): JsonObject {
  return objectOf(holder, 'securityContext');
}

function containersWith(pod: JsonObject, wrong: (container: JsonObject) => boolean): JsonObject[] {
  return everyContainer(pod).filter(wrong);
}

/** `containers "a", "b"`; empty for none. */
function named(containers: readonly JsonObject[]): string {
  if (containers.length === 0) return '';
  return `${several(containers.length, 'container')} ${quoted(containers.map(each => textOf(each, 'name')))}`;
}

/** Who sets something wrong: the pod itself, containers or both. */
function setters(pod: JsonObject, wrong: (context: JsonObject) => boolean): string {
  const containers = named(containersWith(pod, container => wrong(security(container))));
  return [wrong(security(pod)) ? 'pod' : '', containers].filter(each => each !== '').join(' and ');
}

const added = (container: JsonObject): string[] =>
  textsIn(objectOf(security(container), 'capabilities')['add']);

function addedBeyond(pod: JsonObject, allowed: ReadonlySet<string>): string | undefined {
  const wrong = containersWith(pod, each => added(each).some(name => !allowed.has(name)));
  if (wrong.length === 0) return undefined;
  const names = sorted(wrong.flatMap(added).filter(name => !allowed.has(name)));
  return `${named(wrong)} must not include ${quoted(names)} in securityContext.capabilities.add`;
}

const seccompOf = (context: JsonObject): string => textOf(objectOf(context, 'seccompProfile'), 'type');

function unconfined(pod: JsonObject): string | undefined {
  const who = setters(pod, context => seccompOf(context) === 'Unconfined');
  return who === '' ? undefined : `${who} must not set securityContext.seccompProfile.type to "Unconfined"`;
}

function volumesOf(pod: JsonObject, wrong: (volume: JsonObject) => boolean): [string, JsonObject[]] {
  const found = listOf(pod, 'volumes').filter(wrong);
  return [`${several(found.length, 'volume')} ${quoted(found.map(each => textOf(each, 'name')))}`, found];
}

const isWindows = (pod: JsonObject): boolean => objectOf(pod, 'os')['name'] === 'windows';
/** A root that the host does not know as one. */
const hasOwnUsers = (pod: JsonObject): boolean => pod['hostUsers'] === false;

const unmasked = (pod: JsonObject): string | undefined => {
  const wrong = containersWith(pod, each => !['', 'Default'].includes(textOf(security(each), 'procMount')));
  return wrong.length === 0
    ? undefined
    : `${named(wrong)} must not set securityContext.procMount to ${quoted(sorted(wrong.map(each => textOf(security(each), 'procMount'))))}`;
};

const usualCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
const usualSysctls = new Set(
  'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem'.split(
    ' ',
  ),
);
const usualLabels = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);
const harmlessVolumes = new Set(
  'name configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' '),
);

/** The hosts that the probes and hooks of a container go to instead of its own pod. */
function probedHosts(container: JsonObject): string[] {
  const lifecycle = objectOf(container, 'lifecycle');
  return [
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map(name => objectOf(container, name)),
    ...['postStart', 'preStop'].map(name => objectOf(lifecycle, name)),
  ].flatMap(each =>
    ['httpGet', 'tcpSocket']
      .map(way => textOf(objectOf(each, way), 'host'))
      .filter(host => !['', '127.0.0.1', '::1'].includes(host)),
  );
}

export const baselineChecks: readonly SecurityCheck[] = [
  {
    id: 'appArmorProfile',
    reason: 'forbidden AppArmor profile',
    fault(pod) {
      const type = (context: JsonObject) => textOf(objectOf(context, 'appArmorProfile'), 'type');
      const who = setters(pod, context => type(context) === 'Unconfined');
      return who === '' ? undefined : `${who} must not set AppArmor profile type to "Unconfined"`;
    },
  },
  {
    id: 'capabilities_baseline',
    reason: 'non-default capabilities',
    fault: pod => addedBeyond(pod, usualCapabilities),
  },
  {
    id: 'hostNamespaces',
    reason: 'host namespaces',
    fault(pod) {
      const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter(name => pod[name] === true);
      return shared.length === 0 ? undefined : shared.map(name => `${name}=true`).join(', ');
    },
  },
  {
    id: 'hostPathVolumes',
    reason: 'hostPath volumes',
    fault(pod) {
      const [who, found] = volumesOf(pod, volume => isObject(volume['hostPath']));
      return found.length === 0 ? undefined : who;
    },
  },
  {
    id: 'hostPorts',
    reason: 'hostPort',
    fault(pod) {
      const portsOf = (container: JsonObject) =>
        listOf(container, 'ports').flatMap(({ hostPort }) => (hostPort ? [plainText(hostPort)] : []));
      const wrong = containersWith(pod, each => portsOf(each).length > 0);
      const ports = sorted(wrong.flatMap(portsOf));
      const verb = wrong.length === 1 ? 'uses' : 'use';
      return ports.length === 0
        ? undefined
        : `${named(wrong)} ${verb} ${several(ports.length, 'hostPort')} ${ports.join(', ')}`;
    },
  },
  {
    id: 'hostProbesAndHostLifecycle',
    reason: 'probe or lifecycle host',
    since: 34,
    fault(pod) {
      const wrong = containersWith(pod, each => probedHosts(each).length > 0);
      const hosts = sorted(wrong.flatMap(probedHosts));
      const verb = wrong.length === 1 ? 'uses' : 'use';
      return hosts.length === 0
        ? undefined
        : `${named(wrong)} ${verb} probe or lifecycle ${several(hosts.length, 'host')} ${quoted(hosts)}`;
    },
  },
  {
    id: 'privileged',
    reason: 'privileged',
    fault(pod) {
      const wrong = containersWith(pod, each => security(each)['privileged'] === true);
      return wrong.length === 0 ? undefined : `${named(wrong)} must not set securityContext.privileged=true`;
    },
  },
  { id: 'procMount', reason: 'procMount', fault: pod => (hasOwnUsers(pod) ? undefined : unmasked(pod)) },
  {
    id: 'seLinuxOptions',
    reason: 'seLinuxOptions',
    fault(pod) {
      const options = (context: JsonObject) => objectOf(context, 'seLinuxOptions');
      const who = setters(pod, context => {
        const { type, user, role } = options(context);
        return !usualLabels.has(plainText(type)) || Boolean(user) || Boolean(role);
      });
      if (who === '') return undefined;
      const all = [security(pod), ...everyContainer(pod).map(security)].map(options);
      const types = sorted(all.map(each => textOf(each, 'type'))).filter(type => !usualLabels.has(type));
      const faults = [
        ...(types.length === 0 ? [] : [`${several(types.length, 'type')} ${quoted(types)}`]),
        ...['user', 'role']
          .filter(name => all.some(each => each[name]))
          .map(name => `${name} may not be set`),
      ];
      return `${who} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}`;
    },
  },
  { id: 'seccompProfile_baseline', reason: 'seccompProfile', since: 19, fault: unconfined },
  {
    id: 'sysctls',
    reason: 'forbidden sysctls',
    fault(pod) {
      const names = listOf(security(pod), 'sysctls').map(each => textOf(each, 'name'));
      const wrong = names.filter(name => !usualSysctls.has(name));
      return wrong.length === 0 ? undefined : wrong.join(', ');
    },
  },
  {
    id: 'windowsHostProcess',
    reason: 'hostProcess',
    fault(pod) {
      const who = setters(pod, context => objectOf(context, 'windowsOptions')['hostProcess'] === true);
      return who === '' ? undefined : `${who} must not set securityContext.windowsOptions.hostProcess=true`;
    },
  },
];

export const restrictedChecks: readonly SecurityCheck[] = [
  {
    id: 'allowPrivilegeEscalation',
    reason: 'allowPrivilegeEscalation != false',
    fault(pod) {
      const wrong = containersWith(pod, each => security(each)['allowPrivilegeEscalation'] !== false);
      return wrong.length === 0 || isWindows(pod)
        ? undefined
        : `${named(wrong)} must set securityContext.allowPrivilegeEscalation=false`;
    },
  },
  {
    id: 'capabilities_restricted',
    reason: 'unrestricted capabilities',
    since: 22,
    replaces: 'capabilities_baseline',
    fault(pod) {
      if (isWindows(pod)) return undefined;
      const keeping = named(
        containersWith(
          pod,
          each => !textsIn(objectOf(security(each), 'capabilities')['drop']).includes('ALL'),
        ),
      );
      const faults = [
        ...(keeping === '' ? [] : [`${keeping} must set securityContext.capabilities.drop=["ALL"]`]),
        ...[addedBeyond(pod, new Set(['NET_BIND_SERVICE']))].filter(each => each !== undefined),
      ];
      return faults.length === 0 ? undefined : faults.join('; ');
    },
  },
  { id: 'procMount_restricted', reason: 'procMount', since: 35, replaces: 'procMount', fault: unmasked },
  {
    id: 'restrictedVolumes',
    reason: 'restricted volume types',
    replaces: 'hostPathVolumes',
    fault(pod) {
      const kinds = (volume: JsonObject) => Object.keys(volume).filter(name => !harmlessVolumes.has(name));
      const [who, found] = volumesOf(pod, volume => kinds(volume).length > 0);
      const types = sorted(found.flatMap(kinds));
      const verb = found.length === 1 ? 'uses' : 'use';
      return found.length === 0
        ? undefined
        : `${who} ${verb} restricted volume ${several(types.length, 'type')} ${quoted(types)}`;
    },
  },
  {
    id: 'runAsNonRoot',
    reason: 'runAsNonRoot != true',
    fault(pod) {
      if (hasOwnUsers(pod)) return undefined;
      const who = setters(pod, context => context['runAsNonRoot'] === false);
      if (who !== '') return `${who} must not set securityContext.runAsNonRoot=false`;
      if (security(pod)['runAsNonRoot'] === true) return undefined;
      const silent = containersWith(pod, each => security(each)['runAsNonRoot'] !== true);
      return silent.length === 0
        ? undefined
        : `pod or ${named(silent)} must set securityContext.runAsNonRoot=true`;
    },
  },
  {
    id: 'runAsUser',
    reason: 'runAsUser=0',
    since: 23,
    fault(pod) {
      const who = hasOwnUsers(pod) ? '' : setters(pod, context => context['runAsUser'] === 0);
      return who === '' ? undefined : `${who} must not set runAsUser=0`;
    },
  },
  {
    id: 'seccompProfile_restricted',
    reason: 'seccompProfile',
    since: 19,
    replaces: 'seccompProfile_baseline',
    fault(pod) {
      if (isWindows(pod)) return undefined;
      const wrong = unconfined(pod);
      if (wrong !== undefined || seccompOf(security(pod)) !== '') return wrong;
      const silent = containersWith(pod, each => seccompOf(security(each)) === '');
      return silent.length === 0
        ? undefined
        : `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
    },
  },
];
