import { listOf, textOf, textsIn } from '../../../core/json.ts';
import type { AuditView, Place, Rule } from '../rule.ts';
import { cis, docs } from '../sources.ts';
import { isSystem } from '../system-namespaces.ts';

/** Kinds of network plugins that do what a NetworkPolicy does. */
export const otherPolicies: readonly string[] = [
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
  'GlobalNetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
];

const makers = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'ReplicaSet', 'Pod'];

/** Who may speak with whom, and who may listen. */
export const networkRules: readonly Rule[] = [
  {
    id: 'network-policy-missing',
    title: 'Namespace without a network policy',
    severity: 'medium',
    appliesTo: ['Namespace'],
    source: cis('5.3.2, network policies of all namespaces'),
    why: 'Every pod of the cluster may reach every port of its pods, and they everything.',
    check(namespace, view): Place[] {
      const { name } = namespace.metadata;
      // Every pod of the cluster asks the DNS there.
      if (isSystem(namespace)) return [];
      const runs = makers.some(kind => view.list(kind, name).length > 0);
      if (!runs || !view.sees('NetworkPolicy', name) || view.list('NetworkPolicy', name).length > 0)
        return [];
      if (otherPolicies.some(kind => governs(view, { kind, name }))) return [];
      return [
        {
          path: 'metadata.name',
          message: 'has workloads and no NetworkPolicy',
          adds: {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'default-deny-ingress', namespace: name },
            spec: { podSelector: {}, policyTypes: ['Ingress'] },
          },
          question: 'Who speaks to its pods? With this policy alone nobody does: allow these first.',
        },
      ];
    },
  },
  {
    id: 'ingress-plain',
    title: 'Ingress without TLS',
    severity: 'medium',
    appliesTo: ['Ingress'],
    source: docs('Ingress, TLS', 'concepts/services-networking/ingress/#tls'),
    why: 'Passwords and sessions go over the network in clear.',
    check({ spec }): Place[] {
      const secured = listOf(spec, 'tls').flatMap(tls => {
        const hosts = textsIn(tls['hosts']);
        return hosts.length === 0 ? ['*'] : hosts;
      });
      const question = 'Which Secret holds the certificate of that name?';
      const rules = listOf(spec, 'rules');
      if (rules.length === 0 && secured.length === 0)
        return [{ path: 'spec.tls', message: 'serves every name without TLS', question }];
      return rules.flatMap((rule, index): Place[] => {
        const host = textOf(rule, 'host');
        if (secured.some(name => covers(name, host))) return [];
        const what = host === '' ? 'every name' : host;
        return [{ path: `spec.rules[${index}].host`, message: `serves ${what} without TLS`, question }];
      });
    },
  },
];

function governs(view: AuditView, { kind, name }: { kind: string; name: string }): boolean {
  return view
    .list(kind)
    .some(({ metadata }) => metadata.namespace === undefined || metadata.namespace === name);
}

/** `*.shop.example` is one label more. */
function covers(name: string, host: string): boolean {
  if (name === '*' || name === host) return true;
  return name.startsWith('*.') && host.slice(host.indexOf('.')) === name.slice(1);
}
