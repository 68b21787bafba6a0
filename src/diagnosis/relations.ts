import { listOf, memberOf, objectsIn, textOf } from '../core/json.ts';
import type { Ref } from '../core/ref.ts';
import { backendsOf } from '../kubernetes/ingress-backends.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { setsBehind } from './network/behind-service.ts';
import { keyOf, type Snapshot } from './snapshot.ts';
import { setsUnder } from './workloads/under-budget.ts';

/** What stands or falls with what, by `keyOf`. */
export interface Relations {
  /**
   * From a workload to its pods, the services in front of it, its autoscalers and budgets; from a service to its ingresses
   * and routes, to the webhooks and extensions of the API that it answers for.
   */
  dependents: ReadonlyMap<string, readonly string[]>;
}

/** Only what is always so: that a pod mounts a claim does not yet mean that the claim explains its fault. */
export function relationsOf(snapshot: Snapshot): Relations {
  const dependents = new Map<string, string[]>();
  const add = (from: Ref, to: KubeObject) => {
    const list = dependents.get(keyOf(from));
    if (list === undefined) dependents.set(keyOf(from), [keyOf(place(to))]);
    else list.push(keyOf(place(to)));
  };
  for (const kind of ['Pod', 'ReplicaSet', 'Job']) {
    for (const made of snapshot.list(kind)) {
      const owner = snapshot.ownerOf(made);
      if (owner !== made) add(place(owner), made);
    }
  }
  for (const service of snapshot.of('Service'))
    for (const { object } of setsBehind(service, snapshot)) add(place(object), service);
  for (const budget of snapshot.of('PodDisruptionBudget'))
    for (const { object } of setsUnder(budget, snapshot)) add(place(object), budget);
  for (const ingress of snapshot.of('Ingress')) {
    for (const { service } of backendsOf(ingress)) add(serviceIn(ingress, service), ingress);
  }
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']) {
    for (const route of snapshot.list(kind)) {
      for (const backend of listOf(route.spec, 'rules').flatMap(rule => listOf(rule, 'backendRefs')))
        add(serviceIn(route, textOf(backend, 'name'), textOf(backend, 'namespace')), route);
    }
  }
  for (const autoscaler of snapshot.of('HorizontalPodAutoscaler')) {
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const { namespace = '' } = autoscaler.metadata;
    add({ kind, name, namespace }, autoscaler);
  }
  for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']) {
    for (const configuration of snapshot.list(kind)) {
      for (const webhook of objectsIn(configuration['webhooks'])) {
        const service = memberOf(memberOf(webhook, 'clientConfig'), 'service');
        add(serviceIn(configuration, textOf(service, 'name'), textOf(service, 'namespace')), configuration);
      }
    }
  }
  for (const extension of snapshot.of('APIService')) {
    const { name = '', namespace = '' } = extension.spec.service ?? {};
    if (name !== '') add({ kind: 'Service', name, namespace }, extension);
  }
  return { dependents };
}

function serviceIn({ metadata }: KubeObject, name: string, namespace = metadata.namespace ?? ''): Ref {
  return { kind: 'Service', name, namespace: namespace === '' ? (metadata.namespace ?? '') : namespace };
}

function place({ kind, metadata }: KubeObject): Ref {
  const { name, namespace } = metadata;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
