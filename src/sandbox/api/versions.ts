import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';

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

// The same object must give the same converted one, so that its text is cached too.
const converted = new WeakMap<KubeObject, KubeObject>();

/** A stored object in the version that a resource serves. */
export function servedForm(resource: Resource, stored: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (stored.apiVersion === apiVersion) return stored;
  const known = converted.get(stored);
  if (known?.apiVersion === apiVersion) return known;
  const served = serve(resource, { stored, apiVersion });
  converted.set(stored, served);
  return served;
}

function serve(
  resource: Resource,
  { stored, apiVersion }: { stored: KubeObject; apiVersion: string },
): KubeObject {
  if (resource.group === 'events.k8s.io') return withoutEmpty(rename(stored, { names: renamed, apiVersion }));
  if (apiVersion === 'autoscaling/v1') return autoscalerAsV1(stored);
  return { ...stored, apiVersion };
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

/** What a caller sent, in the version that is stored: events as core/v1, autoscalers as v2, custom objects as they came. */
export function storedForm(resource: Resource, object: KubeObject): KubeObject {
  if (resource.group === 'events.k8s.io') return rename(object, { names: original, apiVersion: 'v1' });
  return object.apiVersion === 'autoscaling/v1' && !resource.custom ? autoscalerFromV1(object) : object;
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
