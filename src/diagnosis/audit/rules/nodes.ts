import { memberOf, textOf } from '../../../core/json.ts';
import { minorOf } from '../../cluster/server-minor.ts';
import type { Place, Rule } from '../rule.ts';

// A kubelet may be three minor versions older than its API server, and never newer.
const mostMinorsOlder = 3;

/** Until when a minor version gets patches: kubernetes.io/releases, as read in November 2026. Older ones are past. */
const supportedUntil: Readonly<Record<number, string>> = {
  32: '2026-02-28',
  33: '2026-06-28',
  34: '2026-10-27',
  35: '2027-02-28',
  36: '2027-06-28',
};
const oldestKnown = Math.min(...Object.keys(supportedUntil).map(Number));

/** The versions that nodes run. */
export const nodeRules: readonly Rule[] = [
  {
    id: 'node-skew',
    title: 'Kubelet and API server too far apart',
    severity: 'high',
    appliesTo: ['Node'],
    source: {
      name: 'Kubernetes version skew policy: kubelet',
      url: 'https://kubernetes.io/releases/version-skew-policy/',
    },
    why: 'The two are not tested together: pods may fail to start after the next upgrade.',
    check({ status }, { serverMinor }): Place[] {
      const version = textOf(memberOf(status, 'nodeInfo'), 'kubeletVersion');
      const minor = minorOf(version);
      if (minor === undefined || serverMinor === undefined) return [];
      if (minor <= serverMinor && serverMinor - minor <= mostMinorsOlder) return [];
      const message = `its kubelet is 1.${minor}, the API server 1.${serverMinor}`;
      const question =
        minor > serverMinor ? 'When is the control plane upgraded?' : 'When is the node upgraded?';
      return [{ path: 'status.nodeInfo.kubeletVersion', message, question }];
    },
  },
  {
    id: 'node-unsupported',
    title: 'Version without patches',
    severity: 'medium',
    appliesTo: ['Node'],
    source: { name: 'Kubernetes releases, end of life', url: 'https://kubernetes.io/releases/' },
    why: 'Faults that are found, also of security, are not mended in it.',
    check({ status }, { nowMs }): Place[] {
      const minor = minorOf(textOf(memberOf(status, 'nodeInfo'), 'kubeletVersion'));
      if (minor === undefined) return [];
      const until = supportedUntil[minor];
      if (until === undefined ? minor > oldestKnown : Date.parse(until) >= nowMs) return [];
      const message = `1.${minor} gets no patches${until === undefined ? ' any more' : ` since ${until}`}`;
      const question = 'Does your vendor patch it longer (LTS)? Then say until when in an exception.';
      return [{ path: 'status.nodeInfo.kubeletVersion', message, question }];
    },
  },
];
