import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { type Blocked, blockedIn } from '../../network/blocked-paths.ts';
import { openingFix } from '../../network/policy-fix.ts';
import { podSetKinds } from '../../pod-sets.ts';

/** Network policies that stop traffic which the settings of workloads need, judged in both directions. */
export const networkPoliciesAnalyzer = defineAnalyzer({
  id: 'network-policies',
  needs: [
    ...podSetKinds,
    'NetworkPolicy',
    'Service',
    'EndpointSlice',
    'Namespace',
    'ConfigMap',
    'Ingress',
    'IngressClass',
    'ClusterRole',
    'ClusterRoleBinding',
    'Node',
  ],
  codes: {
    NETWORK_POLICY_BLOCKS_PATH: {
      row: 'network-policy',
      means: 'The network policies stop traffic that a workload needs.',
      decided:
        'All policies that select either end are evaluated: no rule lets the path through. A path is needed where variables, arguments or ConfigMaps name a Service, where a log waits for one in vain, or where an Ingress leads to one. Nodes reach their own pods whatever policies say: probes are never stopped.',
      fixed:
        'A rule that lets the path through; for a client of another namespace only the owner of the policy can say, so that none is offered and its wish alone is a warning.',
    },
    NETWORK_POLICY_BLOCKS_DNS: {
      row: 'network-policy',
      means: 'A network policy keeps pods from asking the DNS of the cluster.',
      decided:
        'The policies of pods whose settings name hosts of the cluster let no UDP on port 53 to the DNS pods out.',
      fixed: 'A rule for port 53 to kube-system.',
    },
  },

  analyze(snapshot) {
    const policies = Map.groupBy(snapshot.of('NetworkPolicy'), ({ metadata }) => metadata.namespace ?? '');
    if (policies.size === 0) return [];
    const blocked = blockedIn(snapshot, policies);
    // What one namespace asks for is told apart from what another does: nobody's rule rides on somebody else's.
    const groups = Map.groupBy(
      blocked,
      ({ policy, from }) => `${policy.metadata.namespace ?? ''}/${policy.metadata.name}/${from.namespace}`,
    );
    return [...groups.values()].map(group => draftOf(group));
  },
});

type Code = 'NETWORK_POLICY_BLOCKS_PATH' | 'NETWORK_POLICY_BLOCKS_DNS';
function draftOf(group: readonly Blocked[]): Draft<Code> {
  const paths = group.filter(({ isDns }) => !isDns);
  const [first] = paths.length > 0 ? paths : group;
  if (first === undefined) throw new Error('a group has at least one member');
  const { policy, direction, from, to, why } = first;
  const ref = refOf(policy);
  const more = group.length === 1 ? '' : ` and ${group.length - 1} more`;
  const fixes = openingFix(group);
  const { podSelector = {} } = { ...policy.spec };
  const source = describeRef(refOf(from.object));
  return {
    code: paths.length > 0 ? 'NETWORK_POLICY_BLOCKS_PATH' : 'NETWORK_POLICY_BLOCKS_DNS',
    severity: group.every(isForeignWish) ? 'warning' : 'critical',
    object: ref,
    summary:
      direction === 'Egress'
        ? `lets no traffic of ${source} out to ${to}${more}`
        : `lets no traffic in from ${source} to ${to}${more}`,
    evidence: [
      // A policy of its own shows what this one is about.
      ...(fixes[0]?.tool === 'k8s_apply' ? [] : [quoteField('spec.podSelector', { ...podSelector })]),
      quoteField(
        direction === 'Egress' ? 'spec.egress' : 'spec.ingress',
        (direction === 'Egress' ? policy.spec?.egress : policy.spec?.ingress) ?? [],
      ),
      quoteField(`${source} ${why.at}`, why.text),
    ],
    confidence: 'likely',
    fixes,
    ...(fixes.length === 0 ? { question: questionOf(first) } : {}),
    breaks: [...new Set(group.map(each => each.from.object))].map(refOf),
    depth: 2,
  };
}

/** A client of another namespace says that it needs to get in, and nothing of the policy's own namespace does. */
function isForeignWish({ policy, from, why }: Blocked): boolean {
  return from.namespace !== policy.metadata.namespace && why.by !== policy.metadata.namespace;
}

function questionOf({ policy, from }: Blocked): string {
  const { namespace = '' } = policy.metadata;
  return from.namespace === namespace
    ? 'Which of these paths are meant to be open?'
    : `Does whoever owns ${namespace} want to let ${describeRef(refOf(from.object))} in?`;
}
