import type { Fix } from '../../core/finding.ts';
import { isObject, textOf } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { patchFix, setFix } from '../fixes.ts';
import { replaceAt } from '../json-pointer.ts';
import type { PodSet } from '../pod-sets.ts';
import { isSameWord, meantName } from '../slip.ts';
import type { Snapshot } from '../snapshot.ts';
import { declaredIn } from './instances.ts';

/**
 * What sets a variable that a container says it lacks: the one of its variables that evidently should have that name, or
 * the one key of the namespace's ConfigMaps and Secrets that has it. None: there is no such thing, or more than one.
 */
export function variableFix(
  variable: string,
  { container, set, snapshot }: { container: string; set: PodSet; snapshot: Snapshot },
): Fix[] {
  const workload = set.object;
  const declared = declaredIn(set.spec, set.at).find(each => each.container.name === container);
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
  const keys = [...keysIn('Secret', { set, snapshot }), ...keysIn('ConfigMap', { set, snapshot })];
  const [key, ...others] = keys.filter(each => isSameWord(each.key, variable));
  if (key === undefined || others.length > 0) return [];
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

function keysIn(
  kind: 'Secret' | 'ConfigMap',
  { set, snapshot }: { set: PodSet; snapshot: Snapshot },
): { key: string; object: KubeObject }[] {
  return snapshot.list(kind, set.namespace).flatMap(object => {
    const { data } = object;
    return isObject(data) ? Object.keys(data).map(key => ({ key, object })) : [];
  });
}
