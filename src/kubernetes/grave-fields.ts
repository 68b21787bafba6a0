import type { Json } from '../core/json.ts';
import { type Difference, leaves } from '../core/json-diff.ts';

// Single fields whose change is grave wherever it stands: what gives a pod more than it had, what takes a protection
// away, what sends traffic or an object's life elsewhere. Paths are JSON pointers with named items by their names.

interface Leaf {
  path: string;
  value: Json;
}

/** Why one difference is grave; empty when it is not. */
export function graveEffects({ path, before, after }: Difference): string[] {
  const below = (value: Json | undefined): Leaf[] =>
    leaves(value).map(leaf => ({ path: path + leaf.path, value: leaf.value }));
  const [added, removed] = [below(after), below(before)];
  return [
    ...added.flatMap(reasonToAdd),
    ...[...added, ...removed].flatMap(reasonToTouch),
    // A container that goes takes its protections and its command with it, and nobody is the worse for it.
    ...(insideSurvivor.test(path) ? removed.filter(leaf => !isAmong(leaf, added)).flatMap(reasonToLose) : []),
  ];
}

/** A rule: any of its patterns finds the path, and the value is one it means. */
interface Rule {
  path: RegExp;
  is?: (value: Json) => boolean;
  reason: string;
}

const isTrue = (value: Json) => value === true;
const isFalse = (value: Json) => value === false;
const isSet = (value: Json) => value !== null && value !== 0 && value !== '';
const isOf =
  (...values: Json[]) =>
  (value: Json) =>
    values.includes(value);

const containers = String.raw`\/(?:initC|ephemeralC|c)ontainers\/[^/]+`;
const template = String.raw`(?:^|\/template)\/spec`;

const grave: readonly Rule[] = [
  {
    path: /\/securityContext\/(?:privileged|allowPrivilegeEscalation)$/,
    is: isTrue,
    reason: 'gains privilege',
  },
  { path: /\/securityContext\/capabilities\/add\//, reason: 'gains a capability' },
  { path: /\/securityContext\/runAsUser$/, is: isOf(0), reason: 'runs as root' },
  { path: /\/securityContext\/runAsNonRoot$/, is: isFalse, reason: 'may run as root' },
  {
    path: /\/securityContext\/(?:seccompProfile|appArmorProfile)\/type$/,
    is: isOf('Unconfined'),
    reason: 'is not confined',
  },
  {
    path: /\/annotations\/container\.apparmor\.security\.beta\.kubernetes\.io~1[^/]+$/,
    is: isOf('unconfined'),
    reason: 'is not confined',
  },
  {
    path: /\/securityContext\/procMount$/,
    is: isOf('Unmasked'),
    reason: 'sees what is hidden of the kernel',
  },
  { path: /\/securityContext\/seLinuxOptions\//, reason: 'sets its own SELinux label' },
  { path: /\/securityContext\/sysctls\//, reason: 'sets parameters of the kernel' },
  {
    path: /\/(?:hostNetwork|hostPID|hostIPC|windowsOptions\/hostProcess)$/,
    is: isTrue,
    reason: 'gains host access',
  },
  {
    path: new RegExp(String.raw`${containers}\/ports\/[^/]+\/hostPort$`),
    is: isSet,
    reason: 'opens a port of its host',
  },
  {
    path: new RegExp(`${template}/shareProcessNamespace$`),
    is: isTrue,
    reason: 'lets its containers see each other',
  },
  { path: /\/volumes\/[^/]+\/hostPath(?:\/|$)/, reason: 'mounts a path of the host' },
  { path: /\/(?:secretKeyRef|secretRef|nodePublishSecretRef)\//, reason: 'reads a Secret' },
  {
    path: /\/volumes\/[^/]+\/(?:secret|projected\/sources\/\d+\/secret)\//,
    reason: 'reads a Secret',
  },
  { path: /\/volumes\/[^/]+\/azureFile\/secretName$/, reason: 'reads a Secret' },
  {
    // The server itself puts such a volume into a bare pod, under this name.
    path: /(?<!^\/spec\/volumes\/kube-api-access-[a-z0-9]{5})\/projected\/sources\/\d+\/serviceAccountToken\//,
    reason: 'reads a token of its service account',
  },
  {
    path: new RegExp(String.raw`${containers}\/(?:(?:command|args)\/|.*\/exec\/command\/)`),
    reason: 'runs another command',
  },
  {
    path: new RegExp(String.raw`${template}\/serviceAccount(?:Name)?$`),
    is: value => value !== 'default',
    reason: 'runs as another service account',
  },
  { path: /^\/spec\/externalIPs\//, reason: 'takes an address outside the cluster for itself' },
  { path: /^\/spec\/externalName$/, is: isSet, reason: 'sends traffic to another name' },
  { path: /^\/spec\/type$/, is: isOf('LoadBalancer'), reason: 'is open to the outside' },
  {
    path: /^\/metadata\/annotations\/[^/]*snippet[^/]*$/,
    reason: 'puts text of its own into the configuration of a proxy',
  },
];

const touching: readonly Rule[] = [
  { path: /^\/metadata\/ownerReferences(?:\/|$)/, reason: 'changes with whom it is deleted' },
  { path: /^\/metadata\/finalizers(?:\/|$)/, reason: 'changes what holds its deletion' },
];

const protections: readonly Rule[] = [
  { path: /\/securityContext\/(?:runAsNonRoot|readOnlyRootFilesystem)$/, is: isTrue, reason: '' },
  { path: /\/securityContext\/allowPrivilegeEscalation$/, is: isFalse, reason: '' },
  { path: /\/securityContext\/runAsUser$/, is: isSet, reason: '' },
  { path: /\/securityContext\/capabilities\/drop\//, reason: '' },
  {
    path: /\/securityContext\/(?:seccompProfile|appArmorProfile)\/type$/,
    is: isOf('RuntimeDefault', 'Localhost'),
    reason: '',
  },
  {
    path: new RegExp(String.raw`${template}\/(?:hostUsers|automountServiceAccountToken)$`),
    is: isFalse,
    reason: '',
  },
].map(rule => ({ ...rule, reason: 'loses a protection' }));

const ownCommand: Rule = {
  // Without it the image runs what it likes.
  path: new RegExp(String.raw`${containers}\/(?:command|args)\/`),
  reason: 'runs another command',
};
const insideSurvivor = new RegExp(
  String.raw`${containers}\/.|${template}\/(?:securityContext|hostUsers$|automountServiceAccountToken$)`,
);

function reasonToAdd(leaf: Leaf): string[] {
  return reasonsBy(grave, leaf);
}

function reasonToTouch(leaf: Leaf): string[] {
  if (/^\/metadata\/(?:labels|annotations)\/(?:vigie\.dev~1|pod-security\.kubernetes\.io~1)/.test(leaf.path))
    return [`touches the mark ${leaf.path.split('/').at(-1)?.replaceAll('~1', '/') ?? ''}`];
  return reasonsBy(touching, leaf);
}

function reasonToLose(leaf: Leaf): string[] {
  return reasonsBy([...protections, ownCommand], leaf);
}

function reasonsBy(rules: readonly Rule[], { path, value }: Leaf): string[] {
  return rules.filter(rule => rule.path.test(path) && rule.is?.(value) !== false).map(({ reason }) => reason);
}

function isAmong({ path, value }: Leaf, added: readonly Leaf[]): boolean {
  return added.some(other => other.path === path && other.value === value);
}
