import { listOf, memberOf, plainText, textOf, textsIn } from '../../../core/json.ts';
import { baselineChecks } from '../../../kubernetes/pod-security/checks.ts';
import { type ContainerPart, containersIn, isWindows, podIn, podSecurity } from '../pod-parts.ts';
import type { Place, Rule } from '../rule.ts';
import { baseline, restricted } from '../sources.ts';

/** Judged by a rule of this file or another, which says more and has a patch. */
const apart = new Set([
  'capabilities_baseline',
  'hostNamespaces',
  'hostPathVolumes',
  'hostPorts',
  'privileged',
  'seccompProfile_baseline',
]);

// What Baseline lets a container add.
const usual = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
const asked = 'Does the program need it? Then leave it, and say why in an exception.';

const addedBy = ({ security }: ContainerPart): string[] =>
  textsIn(memberOf(security, 'capabilities')?.['add']);
const each = (object: Parameters<Rule['check']>[0], wrong: (part: ContainerPart) => Place[]): Place[] => {
  const pod = podIn(object);
  return pod === undefined ? [] : containersIn(pod).flatMap(wrong);
};

/** What of the host a pod may touch. */
export const privilegeRules: readonly Rule[] = [
  {
    id: 'privileged',
    title: 'Privileged container',
    severity: 'high',
    appliesTo: 'pods',
    source: baseline('Privileged Containers'),
    why: 'It has every right on its node: whoever takes the program over has the node and all pods on it.',
    check: object =>
      each(object, part =>
        part.security['privileged'] === true
          ? [
              {
                path: `${part.at}.securityContext.privileged`,
                message: `container ${part.name} is privileged`,
                patch: part.patch({ securityContext: { privileged: false } }),
                question: asked,
              },
            ]
          : [],
      ),
  },
  {
    id: 'host-namespaces',
    title: 'Namespaces of the host',
    severity: 'high',
    appliesTo: 'pods',
    source: baseline('Host Namespaces'),
    why: 'The pod sees the processes, memory or network of its node, past every network policy.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined) return [];
      return ['hostNetwork', 'hostPID', 'hostIPC']
        .filter(name => pod.spec[name] === true)
        .map(name => ({
          path: `${pod.at}.${name}`,
          message: `its pods share ${name} with their node`,
          patch: pod.patch({ [name]: null }),
          question: asked,
        }));
    },
  },
  {
    id: 'host-path',
    title: 'Folder of the host mounted',
    severity: 'high',
    appliesTo: 'pods',
    source: baseline('HostPath Volumes'),
    why: "What it writes there stays on the node, and some folders (the container runtime's socket) give the node away.",
    check(object) {
      const pod = podIn(object);
      if (pod === undefined) return [];
      return listOf(pod.spec, 'volumes').flatMap((volume, index) => {
        const path = memberOf(volume, 'hostPath');
        if (path === undefined) return [];
        return [
          {
            path: `${pod.at}.volumes[${index}].hostPath`,
            message: `volume ${textOf(volume, 'name')} is ${textOf(path, 'path')} of the node`,
            question: 'What is it for? A claim, an emptyDir or a CSI driver does most of it.',
          },
        ];
      });
    },
  },
  {
    id: 'host-port',
    title: 'Port of the host taken',
    severity: 'medium',
    appliesTo: 'pods',
    source: baseline('Host Ports'),
    why: 'It is reached past Services and policies, and a node runs one such pod only.',
    check(object) {
      const pod = podIn(object);
      // On the network of the host every port is one of the host: that is what is told then.
      if (pod === undefined || pod.spec['hostNetwork'] === true) return [];
      return containersIn(pod).flatMap(part =>
        listOf(part.container, 'ports').flatMap((port, index) => {
          const { hostPort, containerPort, protocol } = port;
          if (typeof hostPort !== 'number' || hostPort === 0) return [];
          const key = { ...(protocol === undefined ? {} : { protocol }), containerPort };
          return [
            {
              path: `${part.at}.ports[${index}].hostPort`,
              message: `container ${part.name} takes port ${hostPort} of its node`,
              patch: part.patch({ ports: [{ ...key, hostPort: null }] }),
              question: 'Who goes to that port of the nodes? A Service has to take its place.',
            },
          ];
        }),
      );
    },
  },
  {
    id: 'capabilities-added',
    title: 'Capabilities beyond the usual ones',
    severity: 'high',
    appliesTo: 'pods',
    source: baseline('Capabilities'),
    why: 'Some of them (SYS_ADMIN, SYS_PTRACE, NET_ADMIN) are as good as root on the node.',
    check: object =>
      each(object, part => {
        const added = addedBy(part);
        const wrong = added.filter(name => !usual.has(name));
        if (wrong.length === 0) return [];
        return [
          {
            path: `${part.at}.securityContext.capabilities.add`,
            message: `container ${part.name} adds ${wrong.join(', ')}`,
            patch: part.patch({
              securityContext: { capabilities: { add: added.filter(name => usual.has(name)) } },
            }),
            question: asked,
          },
        ];
      }),
  },
  {
    id: 'capabilities-kept',
    title: 'Capabilities not dropped',
    severity: 'low',
    appliesTo: 'pods',
    source: restricted('Capabilities'),
    why: 'Runtimes give a container some fourteen rights, of which most programs need none.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined || isWindows(pod)) return [];
      return containersIn(pod)
        .filter(({ security }) => !textsIn(memberOf(security, 'capabilities')?.['drop']).includes('ALL'))
        .map(part => ({
          path: `${part.at}.securityContext.capabilities.drop`,
          message: `container ${part.name} keeps what its runtime gives it`,
          patch: part.patch({ securityContext: { capabilities: { drop: ['ALL'] } } }),
          question: 'Does it change owners of files, or users, at its start? Then add CHOWN, SETUID, SETGID.',
        }));
    },
  },
  {
    id: 'privilege-escalation',
    title: 'Rights may grow',
    severity: 'medium',
    appliesTo: 'pods',
    source: restricted('Privilege Escalation'),
    why: 'A program with the setuid bit gives a process more rights than the one that started it.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined || isWindows(pod)) return [];
      return containersIn(pod)
        .filter(({ security }) => security['allowPrivilegeEscalation'] !== false)
        .map(part => {
          // The server refuses the two together.
          const bound =
            part.security['privileged'] === true ||
            addedBy(part).some(name => /^(CAP_)?SYS_ADMIN$/.test(name));
          return {
            path: `${part.at}.securityContext.allowPrivilegeEscalation`,
            message: `container ${part.name} does not set allowPrivilegeEscalation: false`,
            ...(bound
              ? { question: 'Can it do without privileged and SYS_ADMIN? Only then can this be set.' }
              : { patch: part.patch({ securityContext: { allowPrivilegeEscalation: false } }) }),
          };
        });
    },
  },
  {
    id: 'seccomp',
    title: 'System calls not filtered',
    severity: 'low',
    appliesTo: 'pods',
    source: restricted('Seccomp'),
    why: 'Faults of the kernel are mostly reached by calls that no program of the pod ever makes.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined || isWindows(pod)) return [];
      const filter = {
        securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: null } },
      };
      const own = textOf(memberOf(podSecurity(pod), 'seccompProfile'), 'type');
      const parts = containersIn(pod);
      const typeOf = ({ security }: ContainerPart) => textOf(memberOf(security, 'seccompProfile'), 'type');
      const path = 'securityContext.seccompProfile';
      const off = 'switches the filter off';
      const open = parts.filter(part => typeOf(part) === 'Unconfined');
      const places: Place[] = open.map(part => ({
        path: `${part.at}.${path}.type`,
        message: `container ${part.name} ${off}`,
        severity: 'high',
        patch: part.patch(filter),
        question: asked,
      }));
      if (own === 'Unconfined')
        places.push({
          path: `${pod.at}.${path}.type`,
          message: `the pod ${off}`,
          severity: 'high',
          patch: pod.patch(filter),
          question: asked,
        });
      if (own === '' && parts.some(part => typeOf(part) === ''))
        places.push({
          path: `${pod.at}.${path}`,
          message: 'the pod does not set a seccompProfile',
          patch: pod.patch({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
        });
      return places;
    },
  },
  {
    id: 'pod-baseline',
    title: 'Other limits of Baseline passed',
    severity: 'medium',
    appliesTo: 'pods',
    source: baseline('AppArmor, SELinux, /proc, sysctls, probes and hooks of hosts, HostProcess'),
    why: 'Each of these takes a wall away that stands between a container and its node.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined) return [];
      return baselineChecks
        .filter(({ id }) => !apart.has(id))
        .flatMap(({ reason, fault }) => {
          const detail = fault(pod.spec);
          return detail === undefined
            ? []
            : [{ path: pod.at, message: `${reason}: ${plainText(detail)}`, question: asked }];
        });
    },
  },
];
