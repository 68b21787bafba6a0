import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { systemNamespace } from '../../cluster/system-services.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { serviceAt } from '../../network/connection-logs.ts';
import { namedAddresses } from '../../network/needed-paths.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { patchAt } from '../../workload-patch.ts';

// The cache that runs on every node has this address in every cluster that has it.
const nodeLocalAddress = '169.254.20.10';

/** Pods that name services of the cluster and ask a DNS that does not know them. */
export const podDnsAnalyzer = defineAnalyzer({
  id: 'pod-dns',
  needs: [...podSetKinds, 'Service', 'ConfigMap'],
  codes: {
    DNS_POLICY_LEAVES_CLUSTER: {
      row: 'dns',
      means: 'Pods are told to connect to Services by name, and ask a DNS that knows no Services.',
      decided:
        'Their settings name a Service that exists, and dnsPolicy is Default, or None without the DNS of the cluster among the nameservers, or ClusterFirst on the network of the node, which means Default.',
      fixed: 'dnsPolicy: ClusterFirst, or ClusterFirstWithHostNet on the network of the node.',
    },
  },

  analyze(snapshot) {
    const seen = new Set<PodSet>();
    return namedAddresses(snapshot).flatMap(({ set, host, sure, at, text, configMap }) => {
      if (!sure || seen.has(set) || /^[\d.]+$/.test(host)) return [];
      const asked = serviceAt(host, { snapshot, namespace: set.namespace });
      const why = asked === undefined ? undefined : strayed(set, snapshot);
      if (asked === undefined || why === undefined) return [];
      seen.add(set);
      const ref = refOf(set.object);
      const right = set.spec.hostNetwork === true ? 'ClusterFirstWithHostNet' : 'ClusterFirst';
      // Of a pod or a job nothing of this can be changed.
      const canChange = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(set.object.kind);
      return [
        {
          code: 'DNS_POLICY_LEAVES_CLUSTER',
          severity: 'critical',
          object: ref,
          summary: `names ${describeRef(refOf(asked))}, and its DNS is not that of the cluster: ${why}`,
          evidence: [
            quoteField(`${set.at}.dnsPolicy`, set.spec.dnsPolicy),
            ...(set.spec.hostNetwork === true ? [quoteField(`${set.at}.hostNetwork`, true)] : []),
            quoteField(configMap === undefined ? at : `ConfigMap/${configMap} ${at}`, text),
          ],
          confidence: 'likely',
          fixes: canChange
            ? [
                patchFix(ref, {
                  patch: patchAt(set.at, { dnsPolicy: right }),
                  does: `Let the pods of ${describeRef(ref)} ask the DNS of the cluster`,
                }),
              ]
            : [],
          ...(canChange ? {} : { question: 'Where is it made, and can it be made with another dnsPolicy?' }),
          depth: 2,
        },
      ];
    });
  },
});

/** Why pods do not ask the DNS of the cluster; undefined: they do, or may. */
function strayed({ spec }: PodSet, snapshot: Snapshot): string | undefined {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = spec;
  if (dnsPolicy === 'None') {
    const own = dnsConfig?.nameservers ?? [];
    const cluster = snapshot.find('Service', { name: 'kube-dns', namespace: systemNamespace })?.spec
      .clusterIP;
    if (cluster === undefined || own.length === 0 || own.includes(cluster) || own.includes(nodeLocalAddress))
      return undefined;
    return 'dnsPolicy is None with other nameservers';
  }
  // Whoever adds nameservers to those of the node has thought of it.
  if ((dnsConfig?.nameservers ?? []).length > 0) return undefined;
  if (dnsPolicy === 'Default') return 'dnsPolicy Default is that of the node';
  return dnsPolicy === 'ClusterFirst' && hostNetwork === true
    ? 'on the network of the node ClusterFirst is that of the node'
    : undefined;
}
