import { splitApiVersion } from '../object.ts';
import { controllerOf } from '../owners.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  containerColumns,
  definePrinter,
  formatLabels,
  formatSelector,
  integerColumn,
  nameColumn,
  selectorColumn,
} from './printer.ts';

export const deploymentPrinter = definePrinter('Deployment', {
  columns: [
    nameColumn,
    column('Ready', 'Ready pods, of those wanted.'),
    column('Up-to-date', 'Pods of the newest template.'),
    column('Available', 'Pods that have been ready long enough to serve.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells(deployment, nowMs) {
    const { metadata, spec, status } = deployment;
    const selector = formatSelector(spec.selector);
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(deployment, nowMs),
      ...containerCells(spec.template),
      selector === '<none>' ? '' : selector,
    ];
  },
});

export const replicaSetPrinter = definePrinter('ReplicaSet', {
  columns: [
    nameColumn,
    integerColumn('Desired', 'Pods wanted.'),
    integerColumn('Current', 'Pods there are.'),
    integerColumn('Ready', 'Pods that are ready.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells(set, nowMs) {
    return [
      set.metadata.name,
      set.spec.replicas ?? 1,
      set.status?.replicas ?? 0,
      set.status?.readyReplicas ?? 0,
      age(set, nowMs),
      ...containerCells(set.spec.template),
      formatSelector(set.spec.selector),
    ];
  },
});

export const statefulSetPrinter = definePrinter('StatefulSet', {
  columns: [nameColumn, column('Ready', 'Ready pods, of those wanted.'), ageColumn, ...containerColumns],
  cells(set, nowMs) {
    return [
      set.metadata.name,
      `${set.status?.readyReplicas ?? 0}/${set.spec.replicas ?? 1}`,
      age(set, nowMs),
      ...containerCells(set.spec.template),
    ];
  },
});

export const daemonSetPrinter = definePrinter('DaemonSet', {
  columns: [
    nameColumn,
    integerColumn('Desired', 'Nodes that should run its pod.'),
    integerColumn('Current', 'Nodes that run its pod.'),
    integerColumn('Ready', 'Nodes whose pod is ready.'),
    integerColumn('Up-to-date', 'Nodes with a pod of the newest template.'),
    integerColumn('Available', 'Nodes whose pod has been ready long enough to serve.'),
    column('Node Selector', 'Labels of the nodes it runs on.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells(set, nowMs) {
    return [
      set.metadata.name,
      set.status?.desiredNumberScheduled ?? 0,
      set.status?.currentNumberScheduled ?? 0,
      set.status?.numberReady ?? 0,
      set.status?.updatedNumberScheduled ?? 0,
      set.status?.numberAvailable ?? 0,
      formatLabels(set.spec.template.spec.nodeSelector),
      age(set, nowMs),
      ...containerCells(set.spec.template),
      formatSelector(set.spec.selector),
    ];
  },
});

export const controllerRevisionPrinter = definePrinter('ControllerRevision', {
  columns: [
    nameColumn,
    column('Controller', 'Owner that this is a revision of.'),
    column('Revision', 'Number of the revision.'),
    ageColumn,
  ],
  cells(revision, nowMs) {
    const owner = controllerOf(revision);
    const kind = [owner?.kind, splitApiVersion(owner?.apiVersion ?? '').group].filter(Boolean).join('.');
    return [
      revision.metadata.name,
      owner === undefined ? '<none>' : `${kind.toLowerCase()}/${owner.name}`,
      revision.revision,
      age(revision, nowMs),
    ];
  },
});
