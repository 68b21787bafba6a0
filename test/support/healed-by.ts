import { parseAllDocuments } from 'yaml';
import type { Finding, Fix } from '../../src/core/finding.ts';
import { isObject, type JsonObject, textIn, textsIn } from '../../src/core/json.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { Snapshot, type SnapshotData } from '../../src/diagnosis/snapshot.ts';
import { applyJsonPatch } from '../../src/kubernetes/json-patch.ts';
import type { Event } from '../../src/kubernetes/kinds/event.ts';
import { isKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { hasSchema } from '../../src/kubernetes/schema.ts';
import { strategicMerge } from '../../src/kubernetes/strategic-merge.ts';
import { takenAt } from './snapshot-of.ts';

/** What is found in the documents, and what is still found once the first fix of the first finding was applied. */
export function healedBy(
  documents: string,
  rest: Partial<Omit<SnapshotData, 'objects'>> = {},
): { before: readonly Finding[]; after: readonly Finding[] } {
  const events: Event[] = [];
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(documents)) {
    const object = document.toJS() as KubeObject | null;
    if (object === null) continue;
    if (isKind(object, 'Event')) events.push(object);
    else objects.push(object);
  }
  const look = (seen: KubeObject[]) =>
    diagnose(new Snapshot({ takenAt, objects: seen, events, ...rest })).findings;
  const before = look(objects);
  const fix = before[0]?.fixes[0];
  if (fix === undefined) throw new Error(`no fix is offered: ${JSON.stringify(before)}`);
  return { before, after: look(applied(fix, objects)) };
}

function applied(fix: Fix, objects: readonly KubeObject[]): KubeObject[] {
  const { target, patch, type, manifest, env, container, replicas } = fix.arguments;
  if (fix.tool === 'k8s_apply') return [...objects, JSON.parse(textIn(manifest)) as KubeObject];
  return objects.map(object => {
    if (!isObject(target) || !isSame(object, target)) return object;
    if (fix.tool === 'k8s_scale') return { ...object, spec: { ...object.spec, replicas } };
    if (fix.tool === 'k8s_set')
      return withVariables(object, { env: textsIn(env), container: textIn(container) });
    const operations: unknown = JSON.parse(textIn(patch));
    if (type === 'json' && Array.isArray(operations)) return applyJsonPatch(object, operations);
    if (!isObject(operations) || !hasSchema(object.apiVersion, object.kind))
      throw new Error(`no server takes this patch of ${object.kind}: ${textIn(patch)}`);
    return strategicMerge({ live: object, patch: operations });
  });
}

function isSame({ kind, metadata }: KubeObject, target: JsonObject): boolean {
  return (
    kind === target['kind'] && metadata.name === target['name'] && metadata.namespace === target['namespace']
  );
}

function withVariables(
  object: KubeObject,
  { env, container }: { env: readonly string[]; container: string },
): KubeObject {
  const entries = env.map(each => ({
    name: each.split('=')[0] ?? '',
    value: each.slice(each.indexOf('=') + 1),
  }));
  const patch = { spec: { template: { spec: { containers: [{ name: container, env: entries }] } } } };
  return strategicMerge({ live: object, patch });
}
