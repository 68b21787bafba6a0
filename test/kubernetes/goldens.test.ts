// Replays what a real API server answered (scripts/record-goldens.mjs) with our rules, write by write.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { conflictMessage } from '../../src/kubernetes/apply-conflicts.ts';
import { withDefaults } from '../../src/kubernetes/defaults.ts';
import { applyJsonPatch } from '../../src/kubernetes/json-patch.ts';
import { applyMergePatch } from '../../src/kubernetes/merge-patch.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { kindInfo } from '../../src/kubernetes/schema.ts';
import { applyServerSide, trackUpdate } from '../../src/kubernetes/server-side-apply.ts';
import { strategicMerge } from '../../src/kubernetes/strategic-merge.ts';
import { validate } from '../../src/kubernetes/validation/validate.ts';

interface Step {
  verb: 'create' | 'update' | 'apply' | 'merge' | 'strategic' | 'json';
  manager: string;
  body: Json;
  force?: boolean;
  subresource?: string;
  status: number;
  result: JsonObject;
}

const folder = 'test/golden/kubernetes';
const files = readdirSync(folder);
const time = '2026-11-21T12:00:00Z';

test('there are goldens to replay', () => {
  expect(files.length).toBeGreaterThan(20);
});

describe.each(files)('%s', file => {
  const { steps } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { steps: Step[] };
  let live: KubeObject | undefined;

  test.each(steps.map((step, index) => [index + 1, step.verb, step.manager, step] as const))(
    'write %i (%s by %s) ends as on the real server',
    (_, __, ___, step) => {
      const outcome = write(live, step);
      if (step.status >= 400) {
        expect(outcome).toMatchObject({ refused: expect.any(String) });
        const { refused } = outcome as { refused: string };
        if (refused !== '') expect(step.result['message']).toContain(refused);
        return;
      }
      expect(outcome).toHaveProperty('object');
      const { object } = outcome as { object: KubeObject };
      // What the server allocates is part of the stored object from here on.
      live = withAllocated(object, step.result);
      expect(comparable(object)).toEqual(comparable(step.result as unknown as KubeObject));
    },
  );
});

function write(live: KubeObject | undefined, step: Step): { object: KubeObject } | { refused: string } {
  const { verb, manager, body, force = false, subresource } = step;
  const common = { manager, time, ...(subresource === undefined ? {} : { subresource }) };
  if (verb === 'apply') {
    const applied = body as unknown as KubeObject;
    const result = applyServerSide({ live, applied, force, ...common });
    if ('typeError' in result) return { refused: result.typeError };
    if ('conflicts' in result) return { refused: conflictMessage(result.conflicts) };
    const object = withDefaults(result.object);
    if (validate(object).length > 0) return { refused: '' };
    return { object: kept(live, { object, subresource }) };
  }
  try {
    const changed = changeOf(live, step);
    const after = withDefaults(changed);
    const tracked = trackUpdate({ before: live, after, ...common });
    return { object: kept(live, { object: tracked, subresource }) };
  } catch (error) {
    if (error instanceof VigieError) return { refused: '' };
    throw error;
  }
}

function changeOf(live: KubeObject | undefined, { verb, body }: Step): KubeObject {
  if (live === undefined || verb === 'update') return body as unknown as KubeObject;
  if (verb === 'json') return applyJsonPatch(live, body);
  if (verb === 'merge') return applyMergePatch(live, body as JsonObject);
  return strategicMerge({ live, patch: body as JsonObject });
}

/** Each endpoint writes its own half: the status endpoint leaves the spec, the main one the status. */
function kept(
  live: KubeObject | undefined,
  { object, subresource }: { object: KubeObject; subresource: string | undefined },
): KubeObject {
  const hasStatus =
    kindInfo(object.apiVersion, object.kind)?.subresources.some(({ name }) => name === 'status') === true;
  if (!hasStatus) return object;
  const other = subresource === 'status' ? 'spec' : 'status';
  const { [other]: _, ...rest } = object;
  const before =
    live?.[other] ?? (other === 'status' ? withDefaults({ ...object, status: {} }).status : undefined);
  return before === undefined ? rest : { ...rest, [other]: before };
}

// The server adds these after the rules under test have run: allocations and admission.
const allocated: Record<string, string[]> = {
  Service: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort'],
  Pod: ['priority', 'preemptionPolicy', 'tolerations'],
};

// What differs from run to run.
const ofRun = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'namespace']);

function comparable(object: KubeObject): JsonObject {
  const { metadata, spec, status, ...rest } = object;
  const { managedFields, ...names } = metadata;
  const ofObject = Object.fromEntries(
    Object.entries(names).filter(
      ([name]) => !ofRun.has(name) && !(object.kind === 'PersistentVolumeClaim' && name === 'finalizers'),
    ),
  );
  const own = Object.fromEntries(
    Object.entries(spec ?? {}).filter(([name]) => allocated[object.kind]?.includes(name) !== true),
  );
  const owners = (managedFields ?? []).map(({ time: at, timed, ...owner }) => ({
    ...owner,
    timed: timed ?? at !== undefined,
  }));
  return JSON.parse(
    JSON.stringify({
      ...rest,
      metadata: ofObject,
      spec: object.kind === 'Service' ? withoutNodePorts(own) : own,
      // Controllers of the API server fill the status of a new pod.
      status: object.kind === 'Pod' ? undefined : status,
      owners: owners.toSorted((a, b) => (JSON.stringify(sortKey(a)) < JSON.stringify(sortKey(b)) ? -1 : 1)),
    }),
  ) as JsonObject;
}

function sortKey(owner: JsonObject) {
  return [owner['manager'], owner['operation'], owner['apiVersion'], owner['subresource']];
}

function withoutNodePorts(spec: JsonObject): JsonObject {
  const ports = spec['ports'];
  if (!Array.isArray(ports)) return spec;
  return { ...spec, ports: ports.map(port => ({ ...(port as JsonObject), nodePort: undefined })) };
}

function withAllocated(object: KubeObject, result: JsonObject): KubeObject {
  const fields = allocated[object.kind] ?? [];
  const spec = (result['spec'] ?? {}) as JsonObject;
  const given = Object.fromEntries(
    fields.filter(name => spec[name] !== undefined).map(name => [name, spec[name]]),
  );
  return {
    ...object,
    metadata: { ...object.metadata, uid: '1' },
    ...(object.spec === undefined ? {} : { spec: { ...object.spec, ...given } }),
  };
}
