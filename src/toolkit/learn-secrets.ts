import type { KubeReader } from '../clients/kube/reader.ts';
import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';

// A pod names a handful; a workload's pods name the same ones.
const mostSecrets = 20;
const atOnce = 4;

/**
 * Reads the Secrets that pods use, only so that the connection learns their values: a value that a container prints is
 * then masked in its log, and before a filter sees it, which would else be a way to guess it. A Secret that may not be
 * read stays unknown, and so does its value here.
 */
export async function learnSecretsOf(pods: readonly Pod[], kube: KubeReader): Promise<void> {
  const wanted = new Map<string, { namespace: string; name: string }>();
  for (const pod of pods) {
    const namespace = pod.metadata.namespace ?? '';
    for (const name of secretNames(pod.spec)) wanted.set(`${namespace}/${name}`, { namespace, name });
  }
  await inParallel([...wanted.values()].slice(0, mostSecrets), {
    atOnce,
    task: async secret => {
      try {
        await kube.find({ kind: 'Secret', ...secret });
      } catch (error) {
        if (!(error instanceof VigieError) || error.code !== 'FORBIDDEN') throw error;
      }
    },
  });
}

/** Every name under secretKeyRef, secretRef and secret volumes, however deep: init containers and projections too. */
function secretNames(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(secretNames);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const name = isObject(item) ? nameIn(key, item) : undefined;
    return name === undefined ? secretNames(item) : [name];
  });
}

function nameIn(key: string, item: JsonObject): string | undefined {
  const name = key === 'secret' ? (item['secretName'] ?? item['name']) : item['name'];
  const names = key === 'secretKeyRef' || key === 'secretRef' || key === 'secret';
  return names && typeof name === 'string' ? name : undefined;
}
