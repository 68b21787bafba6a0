import { canonicalJson, isObject, type Json, type JsonObject, listOf } from '../core/json.ts';
import type { KubeObject } from './object.ts';
import { objectOf } from './validation/problem.ts';

// What an API server takes but would rather not: the sentences of its Warning headers, for what people run into.

/** The warnings that a write of the object answers with; `old` is the object before an update. */
export function warningsOf(object: KubeObject, old?: KubeObject): string[] {
  // Told when it is written, not again with every label.
  if (old !== undefined && canonicalJson(object.spec ?? {}) === canonicalJson(old.spec ?? {})) return [];
  const spec = object.spec ?? {};
  switch (`${object.apiVersion} ${object.kind}`) {
    case 'v1 Pod':
      return podWarnings('spec', spec);
    case 'apps/v1 StatefulSet':
      return [...templateWarnings('spec', spec), ...historyWarnings(spec)];
    case 'apps/v1 Deployment':
    case 'apps/v1 DaemonSet':
    case 'apps/v1 ReplicaSet':
    case 'batch/v1 Job':
      return templateWarnings('spec', spec);
    case 'batch/v1 CronJob':
      return templateWarnings('spec.jobTemplate.spec', objectOf(objectOf(spec, 'jobTemplate'), 'spec'));
    default:
      return [];
  }
}

function historyWarnings({ revisionHistoryLimit }: JsonObject): string[] {
  if (typeof revisionHistoryLimit !== 'number' || revisionHistoryLimit >= 0) return [];
  return [
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
  ];
}

function templateWarnings(field: string, spec: JsonObject): string[] {
  return podWarnings(`${field}.template.spec`, objectOf(objectOf(spec, 'template'), 'spec'));
}

function podWarnings(field: string, spec: JsonObject): string[] {
  const spread = listOf(spec, 'topologySpreadConstraints').flatMap((constraint, index) =>
    constraint['labelSelector'] === undefined
      ? [
          `${field}.topologySpreadConstraints[${index}].labelSelector: a null labelSelector results in matching no pod`,
        ]
      : [],
  );
  const containers = ['initContainers', 'containers'].flatMap(list =>
    listOf(spec, list).flatMap((container, index) =>
      repeated(`${field}.${list}[${index}].env`, container['env']),
    ),
  );
  return [...spread, ...containers];
}

function repeated(field: string, env: Json | undefined): string[] {
  const names = (Array.isArray(env) ? env : []).map(each => (isObject(each) ? each['name'] : undefined));
  return names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [
          `${field}[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ]
      : [],
  );
}
