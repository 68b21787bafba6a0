import { describeRef } from '../../../core/ref.ts';
import type { Ingress } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { downState } from '../../cluster/system-services.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import {
  type Controllers,
  classNameOf,
  controllersOfClass,
  defaultClasses,
} from '../../network/ingress-controllers.ts';
import type { PodSet } from '../../pod-sets.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code =
  | 'INGRESS_CLASS_UNKNOWN'
  | 'INGRESS_CLASS_MISSING'
  | 'INGRESS_CONTROLLER_DOWN'
  | 'INGRESS_CLASS_UNSERVED';

// A controller takes seconds to write where an Ingress is reached; a cloud's takes minutes.
const addressedMs = 10 * 60_000;

/** Ingresses that no controller serves. */
export const ingressClassesAnalyzer = defineAnalyzer({
  id: 'ingress-classes',
  needs: [
    'Ingress',
    'IngressClass',
    'Deployment',
    'DaemonSet',
    'StatefulSet',
    'Pod',
    'ClusterRole',
    'ClusterRoleBinding',
  ],
  codes: {
    INGRESS_CLASS_UNKNOWN: {
      row: 'ingress',
      means: 'An Ingress names a class that does not exist, so no controller serves it.',
      decided:
        'spec.ingressClassName names no IngressClass. The old annotation needs none, and is judged only where nothing gave the Ingress an address.',
      fixed: 'The class of the nearest name, or the only one there is.',
    },
    INGRESS_CLASS_MISSING: {
      row: 'ingress',
      means: 'An Ingress names no class, and none is the default.',
      decided:
        'No class by field or annotation, no IngressClass marked as default, and nothing gave the Ingress an address.',
      fixed: 'The only class that there is.',
    },
    INGRESS_CONTROLLER_DOWN: {
      row: 'ingress',
      means: 'The controller that serves a class of Ingresses has no ready pod.',
      decided:
        'The workload that carries the name of the controller, where its account may write the status of Ingresses, has none ready for two minutes, or is scaled to zero. Where its labels alone tell: a likely warning that explains nothing in other namespaces.',
      fixed: 'What keeps its pods from being ready.',
    },
    INGRESS_CLASS_UNSERVED: {
      row: 'ingress',
      means:
        'No workload of the cluster is known to serve a class of Ingresses. Counted only: it may run elsewhere.',
      decided:
        'None carries the name of the controller, and an Ingress of the class has had no address for ten minutes.',
      fixed: 'The installation of the controller.',
    },
  },

  analyze(snapshot) {
    const ingresses = snapshot.of('Ingress').filter(each => !isDeleting(each));
    return [
      ...ingresses.flatMap(each => classFault(each, snapshot)),
      ...controllerFaults(ingresses, snapshot),
    ];
  },
});

function classFault(ingress: Ingress, snapshot: Snapshot): Draft<Code>[] {
  if (!snapshot.sees('IngressClass')) return [];
  const name = classNameOf(ingress);
  const isField = { ...ingress.spec }.ingressClassName !== undefined;
  const classes = snapshot.of('IngressClass').map(({ metadata }) => metadata.name);
  if (name !== undefined && classes.includes(name)) return [];
  if (name === undefined && (defaultClasses(snapshot).length > 0 || hasAddress(ingress))) return [];
  // What controllers did before there were classes, some still do.
  if (!isField && (hasAddress(ingress) || isFresh(ingress, snapshot) || classes.length === 0)) return [];
  const only = classes.length === 1 ? classes[0] : undefined;
  const right = name === undefined ? only : (meantName(name, classes) ?? only);
  const ref = refOf(ingress);
  return [
    {
      code: name === undefined ? 'INGRESS_CLASS_MISSING' : 'INGRESS_CLASS_UNKNOWN',
      severity: 'critical',
      object: ref,
      summary:
        name === undefined
          ? 'names no class, and no class is the default: no controller serves it'
          : `names the class ${name}, which does not exist: no controller serves it`,
      evidence: [
        quoteField(
          isField || name === undefined
            ? 'spec.ingressClassName'
            : 'metadata.annotations[kubernetes.io/ingress.class]',
          name,
        ),
        quoteField('IngressClasses', classes.slice(0, 5).join(', ') || 'none'),
      ],
      confidence: isField ? 'certain' : 'likely',
      fixes:
        right === undefined || (!isField && name !== undefined)
          ? []
          : [
              patchFix(ref, {
                patch: { spec: { ingressClassName: right } },
                does: `Let class ${right} serve ${describeRef(ref)}`,
              }),
            ],
      ...(right === undefined || (!isField && name !== undefined)
        ? { question: 'Which controller is to serve it?' }
        : {}),
      depth: 2,
    },
  ];
}

function controllerFaults(ingresses: readonly Ingress[], snapshot: Snapshot): Draft<Code>[] {
  const byClass = Map.groupBy(
    ingresses,
    each => classNameOf(each) ?? defaultClasses(snapshot)[0]?.metadata.name,
  );
  return snapshot.of('IngressClass').flatMap((found): Draft<Code>[] => {
    const served = byClass.get(found.metadata.name) ?? [];
    if (served.length === 0) return [];
    const controllers = controllersOfClass(found, snapshot);
    const { sets, sure } = controllers;
    if (sets.length === 0) {
      const waits = served.some(each => !hasAddress(each) && !isFresh(each, snapshot));
      if (!waits) return [];
      return [
        {
          code: 'INGRESS_CLASS_UNSERVED',
          severity: 'note',
          object: refOf(found),
          summary: 'no workload of the cluster is known to serve it',
          evidence: [quoteField('spec.controller', found.spec?.controller)],
          confidence: 'possible',
          fixes: [],
        },
      ];
    }
    const [first] = downOf(controllers, snapshot);
    if (first === undefined) return [];
    const broken = served.filter(({ metadata }) => sure || metadata.namespace === first.namespace);
    return [
      {
        code: 'INGRESS_CONTROLLER_DOWN',
        severity: sure ? 'critical' : 'warning',
        object: refOf(first.object),
        summary: `serves ${served.length} Ingresses of class ${found.metadata.name}, and has no ready pod`,
        evidence: [
          quoteField(`IngressClass/${found.metadata.name} spec.controller`, found.spec?.controller),
          quoteField('ready pods', `0 of ${first.wanted}`),
        ],
        confidence: sure ? 'certain' : 'likely',
        fixes: [],
        question: `Why has ${describeRef(refOf(first.object))} no ready pod?`,
        breaks: broken.map(refOf),
        dependsOn: [refOf(first.object)],
        depth: 1,
      },
    ];
  });
}

/** Those that are down, where none beside them serves; whom labels alone tell of, in each namespace by itself. */
function downOf({ sets, sure }: Controllers, snapshot: Snapshot): readonly PodSet[] {
  const isDown = (set: PodSet) => downState(set, snapshot) !== undefined;
  const groups = sure ? [sets] : [...Map.groupBy(sets, ({ namespace }) => namespace).values()];
  return groups.find(group => group.every(isDown)) ?? [];
}

function hasAddress({ status }: Ingress): boolean {
  return (status?.loadBalancer?.ingress ?? []).length > 0;
}

/** What does not say when it was made may be old. */
function isFresh({ metadata }: Ingress, snapshot: Snapshot): boolean {
  return (sinceMs(snapshot, metadata.creationTimestamp) ?? addressedMs) < addressedMs;
}
