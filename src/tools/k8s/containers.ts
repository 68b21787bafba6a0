import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, listOf, plainText } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import { describeRef } from '../../core/ref.ts';
import { isKind, type KnownKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';

// A pod of more is not read at a glance.
const shownNames = 10;

const template = ['spec', 'template', 'spec'];
const podSpecs: readonly (readonly [KnownKind, readonly string[]])[] = [
  ['Pod', ['spec']],
  ['Deployment', template],
  ['StatefulSet', template],
  ['DaemonSet', template],
  ['ReplicaSet', template],
  ['Job', template],
  ['CronJob', ['spec', 'jobTemplate', ...template]],
];

/** The containers that a workload starts, and how a strategic patch changes one. */
export interface ContainersOf {
  /** Those that run side by side. */
  main: readonly JsonObject[];
  /** One of all, init containers too. @throws VigieError INVALID_INPUT with the nearest, at the field that named it */
  named(name: string, field: 'container' | 'image'): JsonObject;
  /** Adds `{name, …fields}` to a patch of the workload. */
  set(patch: JsonObject, change: JsonObject): void;
}

/** Undefined for a kind that starts none. */
export function containersOf(object: KubeObject): ContainersOf | undefined {
  const path = podSpecs.find(([kind]) => isKind(object, kind))?.[1];
  if (path === undefined) return undefined;
  // An object that came as JSON and has a type since is JSON still.
  const spec = path.reduce<Json | undefined>(
    (at, key) => (isObject(at) ? at[key] : undefined),
    object as JsonObject,
  );
  const [main, init] = [listOf(spec, 'containers'), listOf(spec, 'initContainers')];
  return {
    main,
    named: (name, field) => {
      const found = [...main, ...init].find(container => container['name'] === name);
      if (found !== undefined) return found;
      throw unknownContainer(name, {
        field,
        of: object,
        names: [...main, ...init].map(({ name }) => plainText(name)),
      });
    },
    set(patch, change) {
      const place = path.reduce((at, key) => memberOf(at, key), patch);
      const field = main.some(({ name }) => name === change['name']) ? 'containers' : 'initContainers';
      const list = Array.isArray(place[field]) ? place[field] : [];
      const known = list.find(item => isObject(item) && item['name'] === change['name']);
      if (isObject(known)) mergeInto(known, change);
      else list.push(structuredClone(change));
      place[field] = list;
    },
  };
}

function memberOf(object: JsonObject, key: string): JsonObject {
  const known = object[key];
  if (isObject(known)) return known;
  const made: JsonObject = {};
  object[key] = made;
  return made;
}

/** Two changes of one container are one: their lists follow each other, their objects join. */
function mergeInto(target: JsonObject, change: JsonObject): void {
  for (const [key, value] of Object.entries(change)) {
    const known = target[key];
    if (Array.isArray(known) && Array.isArray(value)) known.push(...value);
    else if (isObject(known) && isObject(value)) mergeInto(known, value);
    else target[key] = value;
  }
}

function unknownContainer(
  name: string,
  { field, of, names }: { field: string; of: KubeObject; names: readonly string[] },
): VigieError {
  const nearest = nearestNames(name, names);
  // Names of a cluster make sentences, too: they stand in the message, which is data.
  const others =
    nearest.length === 0
      ? `it has ${names.slice(0, shownNames).join(', ')}`
      : `did you mean ${nearest.join(', ')}?`;
  return new VigieError(
    'INVALID_INPUT',
    `${describeRef(refOf(of))} has no container ${JSON.stringify(name.slice(0, 64))}: ${others}`,
    { details: { issues: [{ field, message: 'no such container' }], nearest } },
  );
}
