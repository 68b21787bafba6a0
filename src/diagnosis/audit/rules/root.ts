import { containersIn, isWindows, podIn, podSecurity } from '../pod-parts.ts';
import type { Place, Rule } from '../rule.ts';
import { nsa, restricted } from '../sources.ts';

/** Who a program runs as, and where it may write. */
export const rootRules: readonly Rule[] = [
  {
    id: 'root-user',
    title: 'May run as root',
    severity: 'medium',
    appliesTo: 'pods',
    source: restricted('Running as Non-root, Running as Non-root user'),
    why: 'Root in a container is root to the kernel: what breaks out of it owns the node.',
    check(object) {
      const pod = podIn(object);
      // A pod with users of its own has a root that the node does not know.
      if (pod === undefined || isWindows(pod) || pod.spec['hostUsers'] === false) return [];
      const own = podSecurity(pod);
      return containersIn(pod).flatMap((part): Place[] => {
        const user = part.security['runAsUser'] ?? own['runAsUser'];
        const path = `${part.at}.securityContext.runAsNonRoot`;
        if (user === 0)
          return [
            {
              path: `${part.at}.securityContext.runAsUser`,
              message: `container ${part.name} is told to run as root`,
              severity: 'high',
              question: 'Which user of its image can run it?',
            },
          ];
        const set = part.security['runAsNonRoot'] ?? own['runAsNonRoot'];
        if (set === true || (typeof user === 'number' && set !== false)) return [];
        const patch = part.patch({ securityContext: { runAsNonRoot: true } });
        const message = `container ${part.name} runs as root where its image says no other user`;
        const question =
          'Does the image name a user by number? Else set runAsUser too, or the pod will not start.';
        return [{ path, message, patch, question }];
      });
    },
  },
  {
    id: 'writable-root',
    title: 'Root file system can be written',
    severity: 'low',
    appliesTo: 'pods',
    source: nsa('Immutable container file systems'),
    why: 'Whoever takes a program over can change it and leave tools where it runs.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined || isWindows(pod)) return [];
      return containersIn(pod)
        .filter(({ security }) => security['readOnlyRootFilesystem'] !== true)
        .map(part => ({
          path: `${part.at}.securityContext.readOnlyRootFilesystem`,
          message: `container ${part.name} may write anywhere`,
          patch: part.patch({ securityContext: { readOnlyRootFilesystem: true } }),
          question: 'Where does it write (/tmp, a cache)? Each such folder needs an emptyDir.',
        }));
    },
  },
];
