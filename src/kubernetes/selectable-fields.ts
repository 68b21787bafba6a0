import { isObject, type Json } from '../core/json.ts';
import type { KubeObject } from './object.ts';

const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The fields of each kind by which the real server can select, beside metadata.name and metadata.namespace. */
const fields: Record<string, readonly string[]> = {
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

/** Whether a server selects objects of a resource (`apps/replicasets`) by a field. */
export function isSelectable(resource: string, field: string): boolean {
  return Object.hasOwn(fields, resource) && fields[resource]?.includes(field) === true;
}

/** An absent field selects as its zero value. */
export function selectedField(object: KubeObject, field: string): string {
  if (field === 'source') {
    // The newer version of events has it under another name.
    const { source = object['deprecatedSource'] } = object;
    return isObject(source) && typeof source['component'] === 'string' ? source['component'] : '';
  }
  // The status of a job says `succeeded`; its selector is older.
  const path = field === 'status.successful' ? 'status.succeeded' : field;
  let value: unknown = object;
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
