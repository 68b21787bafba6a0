import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { PodTemplate } from '../kinds/pod.ts';
import type { KubeObject } from '../object.ts';
import {
  age,
  ageColumn,
  type ColumnDefinition,
  column,
  containerCells,
  containerColumns,
  formatLabels,
  integerColumn,
  nameColumn,
  type Printer,
  quantityText,
  selectorColumn,
} from './printer.ts';

// Kinds that people look at now and then: no type of ours describes them, so members are looked up as JSON.

const unset = '<unset>';

function flagColumn(name: string, description: string): ColumnDefinition {
  return { ...column(name, description), type: 'boolean' };
}

function at(object: KubeObject, path: string): Json | undefined {
  let value: unknown = object;
  for (const part of path.split('.')) value = isObject(value) ? value[part] : undefined;
  // A member of an object of the API is JSON.
  return value as Json | undefined;
}

function length(value: Json | undefined): number {
  return Array.isArray(value) ? value.length : 0;
}

function labelsAt(object: KubeObject, path: string): string {
  const labels = at(object, path);
  const pairs = Object.entries(isObject(labels) ? labels : {});
  return formatLabels(Object.fromEntries(pairs.map(([name, value]) => [name, quantityText(value, '')])));
}

function templateCells(template: Json | undefined): Json[] {
  // The server's validation has seen to its shape.
  return containerCells(template as unknown as PodTemplate);
}

const podTemplatePrinter: Printer = {
  kind: 'v1/PodTemplate',
  columns: [
    nameColumn,
    ...containerColumns.map(each => ({ ...each, priority: 0 })),
    column('Pod Labels', 'Labels of the pods made from it.'),
  ],
  cells: object => [
    object.metadata.name,
    ...templateCells(at(object, 'template')),
    labelsAt(object, 'template.metadata.labels'),
  ],
};

const replicationControllerPrinter: Printer = {
  kind: 'v1/ReplicationController',
  columns: [
    nameColumn,
    integerColumn('Desired', 'Pods wanted.'),
    integerColumn('Current', 'Pods there are.'),
    integerColumn('Ready', 'Pods that are ready.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    at(object, 'spec.replicas') ?? 1,
    at(object, 'status.replicas') ?? 0,
    at(object, 'status.readyReplicas') ?? 0,
    age(object, nowMs),
    ...templateCells(at(object, 'spec.template')),
    labelsAt(object, 'spec.selector'),
  ],
};

const csiDriverPrinter: Printer = {
  kind: 'storage.k8s.io/v1/CSIDriver',
  columns: [
    nameColumn,
    flagColumn('AttachRequired', 'Whether a volume is attached before it is mounted.'),
    flagColumn('PodInfoOnMount', 'Whether it is told about the pod.'),
    flagColumn('StorageCapacity', 'Whether scheduling looks at its free capacity.'),
    column('TokenRequests', 'Audiences of the tokens it is given.'),
    flagColumn('RequiresRepublish', 'Whether mounts are repeated from time to time.'),
    column('Modes', 'Which lives its volumes may have.'),
    ageColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    at(object, 'spec.attachRequired') ?? true,
    at(object, 'spec.podInfoOnMount') ?? false,
    at(object, 'spec.storageCapacity') ?? false,
    texts(at(object, 'spec.tokenRequests'), 'audience') || unset,
    at(object, 'spec.requiresRepublish') ?? false,
    texts(at(object, 'spec.volumeLifecycleModes')) || '<none>',
    age(object, nowMs),
  ],
};

function texts(list: Json | undefined, member?: string): string {
  const text = (item: Json): string =>
    quantityText(member === undefined ? item : isObject(item) ? item[member] : undefined, '');
  return Array.isArray(list) ? list.map(text).join(',') : '';
}

const csiNodePrinter: Printer = {
  kind: 'storage.k8s.io/v1/CSINode',
  columns: [nameColumn, integerColumn('Drivers', 'Drivers that run on the node.'), ageColumn],
  cells: (object, nowMs) => [object.metadata.name, length(at(object, 'spec.drivers')), age(object, nowMs)],
};

const volumeAttachmentPrinter: Printer = {
  kind: 'storage.k8s.io/v1/VolumeAttachment',
  columns: [
    nameColumn,
    { ...column('Attacher', 'Driver that attaches it.'), format: 'name' },
    column('PV', 'The volume.'),
    column('Node', 'Where it is attached.'),
    flagColumn('Attached', 'Whether it is yet.'),
    ageColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    at(object, 'spec.attacher') ?? '',
    at(object, 'spec.source.persistentVolumeName') ?? '',
    at(object, 'spec.nodeName') ?? '',
    at(object, 'status.attached') ?? false,
    age(object, nowMs),
  ],
};

function webhooksPrinter(kind: string): Printer {
  return {
    kind: `admissionregistration.k8s.io/v1/${kind}`,
    columns: [nameColumn, integerColumn('Webhooks', 'How many it calls.'), ageColumn],
    cells: (object, nowMs) => [object.metadata.name, length(at(object, 'webhooks')), age(object, nowMs)],
  };
}

const policyPrinter: Printer = {
  kind: 'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  columns: [
    nameColumn,
    integerColumn('Validations', 'How many rules it has.'),
    column('ParamKind', 'Kind of its parameters.'),
    ageColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    length(at(object, 'spec.validations')),
    kindText(at(object, 'spec.paramKind')),
    age(object, nowMs),
  ],
};

function kindText(value: Json | undefined): string {
  return isObject(value) ? `${text(value, 'apiVersion')}/${text(value, 'kind')}` : unset;
}

function text(object: JsonObject, name: string): string {
  return quantityText(object[name], '');
}

const policyBindingPrinter: Printer = {
  kind: 'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  columns: [
    nameColumn,
    column('PolicyName', 'The policy.'),
    column('ParamRef', 'Where its parameters stand.'),
    ageColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    at(object, 'spec.policyName') ?? '',
    paramText(at(object, 'spec.paramRef')),
    age(object, nowMs),
  ],
};

function paramText(value: Json | undefined): string {
  if (!isObject(value)) return unset;
  return value['namespace'] === undefined
    ? text(value, 'name')
    : `${text(value, 'namespace')}/${text(value, 'name')}`;
}

const scalePrinter: Printer = {
  kind: 'autoscaling/v1/Scale',
  columns: [
    { ...nameColumn, format: '' },
    integerColumn('Desired', 'Pods wanted.'),
    integerColumn('Available', 'Pods there are.'),
    ageColumn,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    at(object, 'spec.replicas') ?? 0,
    at(object, 'status.replicas') ?? 0,
    age(object, nowMs),
  ],
};

/** By apiVersion and kind. */
export const rarePrinters: readonly Printer[] = [
  podTemplatePrinter,
  replicationControllerPrinter,
  csiDriverPrinter,
  csiNodePrinter,
  volumeAttachmentPrinter,
  webhooksPrinter('ValidatingWebhookConfiguration'),
  webhooksPrinter('MutatingWebhookConfiguration'),
  policyPrinter,
  policyBindingPrinter,
  scalePrinter,
];
