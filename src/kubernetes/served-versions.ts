import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';

// Kinds that are served in two versions and stored in one of them.

/** What events.k8s.io/v1 calls the fields of a core/v1 event. */
const eventFields: readonly (readonly [core: string, renamed: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const renamed = new Map(eventFields);
const original = new Map(eventFields.map(([core, name]) => [name, core]));

/** A stored object in another version of its kind. */
export function servedIn(apiVersion: string, stored: KubeObject): KubeObject {
  if (apiVersion === 'events.k8s.io/v1') return withoutEmpty(rename(stored, { names: renamed, apiVersion }));
  if (apiVersion === 'autoscaling/v1') return autoscalerAsV1(stored);
  return { ...stored, apiVersion };
}

/** What a caller sent, in the version that is stored: events as core/v1, autoscalers as v2. */
export function storedFrom(object: KubeObject): KubeObject {
  if (object.apiVersion === 'events.k8s.io/v1') return rename(object, { names: original, apiVersion: 'v1' });
  return object.apiVersion === 'autoscaling/v1' ? autoscalerFromV1(object) : object;
}

/** The newer form leaves out what the older one writes as an empty text. */
function withoutEmpty(event: KubeObject): KubeObject {
  const { reportingController, reportingInstance, ...rest } = event;
  return {
    ...rest,
    ...(reportingController ? { reportingController } : {}),
    ...(reportingInstance ? { reportingInstance } : {}),
  };
}

function rename(
  object: KubeObject,
  { names, apiVersion }: { names: ReadonlyMap<string, string>; apiVersion: string },
): KubeObject {
  const { apiVersion: _version, kind, metadata, ...fields } = object;
  const result: Record<string, Json | undefined> = {};
  for (const [field, value] of Object.entries(fields)) {
    // Everything beside metadata is plain JSON.
    result[names.get(field) ?? field] = value as Json | undefined;
  }
  return { apiVersion, kind, metadata, ...result };
}

/** Version 1 knows one metric, the use of CPU; the others it cannot show. */
function autoscalerFromV1(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = object.spec ?? {};
  const metric: JsonObject = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } },
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    spec: { ...spec, ...(percentage === undefined ? {} : { metrics: [metric] }) },
  };
}

function autoscalerAsV1(object: KubeObject): KubeObject {
  const { metrics, behavior: _behavior, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions: _conditions, ...status } = object.status ?? {};
  const target = cpuOf(metrics, 'target');
  const current = cpuOf(currentMetrics, 'current');
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    ...(object.status === undefined
      ? {}
      : {
          status: {
            ...status,
            ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
          },
        }),
  };
}

function cpuOf(metrics: Json | undefined, member: 'target' | 'current'): number | undefined {
  for (const metric of Array.isArray(metrics) ? metrics : []) {
    const resource = isObject(metric) ? metric['resource'] : undefined;
    if (!isObject(resource) || resource['name'] !== 'cpu') continue;
    const value = resource[member];
    if (isObject(value) && typeof value['averageUtilization'] === 'number')
      return value['averageUtilization'];
  }
  return undefined;
}
