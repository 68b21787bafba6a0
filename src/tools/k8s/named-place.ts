import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import type { EnvironmentView } from '../../toolkit/tool.ts';

/**
 * A namespace as the headline of an answer may name it: one that the environment lists, or where something was found. A
 * name that only the caller said would come back masked if it were a known secret, which would answer a guess.
 */
export function namedPlace(
  namespace: string,
  { environment, found }: { environment: EnvironmentView; found: boolean },
): string {
  const known = found || environment.namespaces?.includes(namespace) === true;
  return known ? namespace : 'the namespace that was asked for';
}

/** The same of a place in which nothing was found: that it is not there, where that may be seen. */
export async function searchedPlace(
  kube: KubeReader,
  { namespace, ...at }: { namespace: string; environment: EnvironmentView; found: boolean },
): Promise<string> {
  const place = namedPlace(namespace, at);
  return at.found || !(await isMissing(namespace, kube)) ? place : `${place} (it does not exist)`;
}

/** Refuses a verdict on a namespace that is not there, where that may be seen: it would pass a misspelt name as well. */
export async function refuseMissing(kube: KubeReader, namespace: string): Promise<void> {
  if (!(await isMissing(namespace, kube))) return;
  throw new VigieError('NOT_FOUND', 'The namespace that was asked for does not exist', {
    hint: 'See what there is: vigie k8s list namespaces',
  });
}

async function isMissing(name: string, kube: KubeReader): Promise<boolean> {
  try {
    return (await kube.find({ kind: 'Namespace', apiVersion: 'v1', name })) === undefined;
  } catch (error) {
    if (error instanceof VigieError && unseeable.has(error.code)) return false;
    throw error;
  }
}

const unseeable: ReadonlySet<string> = new Set(['FORBIDDEN', 'OUT_OF_BOUNDS']);
