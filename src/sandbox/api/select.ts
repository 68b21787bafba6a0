import { VigieError } from '../../core/errors.ts';
import { isObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from '../../kubernetes/selectors.ts';
import type { Resource } from '../resource.ts';
import { badRequest } from '../status.ts';
import { servedForm } from './versions.ts';

const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The fields of each kind by which the real server can select, beside metadata.name and metadata.namespace. */
const selectableFields: Record<string, readonly string[]> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/events': [
    ...involved.map(field => `involvedObject.${field}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/events': [
    ...involved.map(field => `regarding.${field}`),
    'reason',
    'reportingController',
    'source',
    'type',
  ],
  '/namespaces': ['status.phase'],
  '/nodes': ['spec.unschedulable'],
  '/secrets': ['type'],
  '/replicationcontrollers': ['status.replicas'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
};

export interface Selection {
  matches(object: KubeObject): boolean;
  /** True when no selector was given: every object matches. */
  everything: boolean;
  /** The one name that `metadata.name=` asks for. */
  name: string | undefined;
}

/** The selection that labelSelector and fieldSelector of a query describe. BadRequest for one that cannot be read. */
export function parseSelection(resource: Resource, query: URLSearchParams): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = refuse(() => (labelText === '' ? [] : parseLabelSelector(labelText)));
  const fields = refuse(() => (fieldText === '' ? [] : parseFieldSelector(fieldText)));
  // What stands for "and" or "is" in a selector is written with a backslash before it in a value.
  if (fields.some(({ value }) => value.includes('='))) {
    throw badRequest('invalid field selector: unescaped character in value: 61');
  }
  const known = selectableFields[`${resource.group}/${resource.plural}`] ?? [];
  for (const { field } of fields) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced)) continue;
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
  }
  return {
    everything: labels.length === 0 && fields.length === 0,
    name: fields.find(({ field, op }) => field === 'metadata.name' && op === '=')?.value,
    matches: object =>
      matchesLabels(labels, object.metadata.labels) &&
      fields.every(
        ({ field, op, value }) => (fieldOf(resource, { object, field }) === value) === (op === '='),
      ),
  };
}

function refuse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof VigieError && error.code === 'INVALID_INPUT') throw badRequest(error.message);
    throw error;
  }
}

/** An absent field selects as its zero value. */
function fieldOf(resource: Resource, { object, field }: { object: KubeObject; field: string }): string {
  if (field === 'source') {
    const { source } = object;
    return isObject(source) && typeof source['component'] === 'string' ? source['component'] : '';
  }
  // The status of a job says `succeeded`; its selector is older.
  const path = field === 'status.successful' ? 'status.succeeded' : field;
  let value: unknown = servedForm(resource, object);
  for (const part of path.split('.')) value = isObject(value) ? value[part] : undefined;
  return zeroText(path, value as Json | undefined);
}

const booleans = new Set(['spec.unschedulable', 'spec.hostNetwork']);
const numbers = new Set(['status.replicas', 'status.succeeded']);

function zeroText(path: string, value: Json | undefined): string {
  if (value === undefined || value === null)
    return booleans.has(path) ? 'false' : numbers.has(path) ? '0' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
