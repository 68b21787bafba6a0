import type { Fix } from '../../core/finding.ts';
import { isObject, listOf, memberOf, textOf } from '../../core/json.ts';
import type { Container } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { patchFix, setFix } from '../fixes.ts';
import { replaceAt } from '../json-pointer.ts';
import type { PodSet } from '../pod-sets.ts';
import { isSameWord, meantName } from '../slip.ts';
import type { Snapshot } from '../snapshot.ts';
import { declaredIn } from './instances.ts';

interface Asked {
  container: string;
  set: PodSet;
  snapshot: Snapshot;
}

/**
 * What gives a container a variable that it says it lacks, from what it has already: the one of its variables that
 * evidently should have that name, or the one key of that name in an object that it reads whole. Whoever writes a log
 * must not be given by it what they were not given before, so that other keys are for a person to say (`keysLike`).
 */
export function variableFix(variable: string, asked: Asked): Fix[] {
  const { container, set } = asked;
  const workload = set.object;
  const declared = declaredOf(asked);
  if (declared === undefined || workload.kind === 'Pod' || workload.kind === 'Job') return [];
  const env = declared.container.env ?? [];
  const names = env.map(entry => textOf(entry, 'name'));
  // It has the variable: what it says is of something else.
  if (names.includes(variable)) return [];
  const misspelled = meantName(variable, names);
  if (misspelled !== undefined) {
    const at = `${declared.at}.env[${names.indexOf(misspelled)}].name`;
    const does = `Call the variable ${misspelled} of ${container} ${variable}`;
    return [patchFix(refOf(workload), { patch: [replaceAt(at, variable)], does })];
  }
  const whole = readWhole(set.spec, declared.container);
  const [key, ...others] = keysNamed(variable, asked);
  if (key === undefined || others.length > 0 || !whole.has(placeOf(key.object))) return [];
  const { object } = key;
  const source = `${object.kind.toLowerCase()}/${object.metadata.name}/${key.key}`;
  return [
    setFix(refOf(workload), {
      container,
      env: [`${variable}@${source}`],
      does: `Set ${variable} of ${container} from ${object.kind} ${object.metadata.name}, key ${key.key}`,
    }),
  ];
}

/** Where the namespace has a key of that name, for people: `ConfigMap web key api-key`; at most two. */
export function keysLike(variable: string, asked: Asked): string[] {
  return keysNamed(variable, asked)
    .slice(0, 2)
    .map(({ key, object }) => `${object.kind} ${object.metadata.name} key ${key}`);
}

function declaredOf({ container, set }: Asked) {
  return declaredIn(set.spec, set.at).find(each => each.container.name === container);
}

/** The ConfigMaps and Secrets of which a container gets every key. */
function readWhole(spec: PodSet['spec'], { envFrom = [], volumeMounts = [] }: Container): Set<string> {
  const mounted = (spec.volumes ?? []).filter(volume =>
    volumeMounts.some(mount => mount['name'] === volume['name'] && textOf(mount, 'subPath') === ''),
  );
  return new Set([
    ...envFrom.flatMap(from => [
      `ConfigMap/${textOf(memberOf(from, 'configMapRef'), 'name')}`,
      `Secret/${textOf(memberOf(from, 'secretRef'), 'name')}`,
    ]),
    ...mounted.flatMap(volume => {
      const [map, secret] = [memberOf(volume, 'configMap'), memberOf(volume, 'secret')];
      return [
        ...(listOf(map, 'items').length > 0 ? [] : [`ConfigMap/${textOf(map, 'name')}`]),
        ...(listOf(secret, 'items').length > 0 ? [] : [`Secret/${textOf(secret, 'secretName')}`]),
      ];
    }),
  ]);
}

function placeOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

function keysNamed(variable: string, { set, snapshot }: Asked): { key: string; object: KubeObject }[] {
  return ['Secret', 'ConfigMap']
    .flatMap(kind => snapshot.list(kind, set.namespace))
    .flatMap(object => {
      const { data } = object;
      return isObject(data) ? Object.keys(data).map(key => ({ key, object })) : [];
    })
    .filter(({ key }) => isSameWord(key, variable));
}
