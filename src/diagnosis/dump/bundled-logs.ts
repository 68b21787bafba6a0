import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { containersIn } from '../../kubernetes/pod-containers.ts';

/*
 * `kubectl cluster-info dump` writes the containers of a pod one after the other into `NAMESPACE/POD/logs.txt`, each between
 * two marks. A container can write such marks itself, so they count only for the pod whose file it is, and nothing is
 * taken of a container that is there twice: one of the two is made up.
 */

const start = /^==== START logs for container (\S+) of pod (\S+)\/(\S+) ====$/;
const end = /^==== END logs for container (\S+) of pod (\S+)\/(\S+) ====$/;

export function isBundled(text: string): boolean {
  return text.startsWith('==== START logs for container ');
}

/** What the containers of one pod wrote, whole; `twice`: those of which it says several things. */
export function bundledLogs(
  text: string,
  pod: { namespace: string; name: string; containers: readonly string[] },
): { logs: Map<string, string[]>; twice: Set<string> } {
  const logs = new Map<string, string[]>();
  const twice = new Set<string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    const begun = containerOf(start.exec(line), pod);
    if (begun !== undefined) {
      if (logs.has(begun)) twice.add(begun);
      else logs.set(begun, []);
      current = begun;
    } else if (current !== undefined && containerOf(end.exec(line), pod) === current) current = undefined;
    else if (current !== undefined) logs.get(current)?.push(line);
  }
  for (const container of twice) logs.delete(container);
  return { logs, twice };
}

function containerOf(
  mark: RegExpExecArray | null,
  pod: { namespace: string; name: string; containers: readonly string[] },
): string | undefined {
  const [, container = '', namespace, name] = mark ?? [];
  return namespace === pod.namespace && name === pod.name && pod.containers.includes(container)
    ? container
    : undefined;
}

/** The pod whose folder a file lies in, by all pods of the dump. */
export function podsOfFolders(
  objects: readonly KubeObject[],
): (path: string) => { namespace: string; name: string; containers: string[] } | undefined {
  const pods = new Map(
    objects
      .filter(object => isKind(object, 'Pod'))
      .map(pod => {
        const { namespace = '', name } = pod.metadata;
        return [
          `${namespace}/${name}`,
          { namespace, name, containers: containersIn(pod).map(each => each.name) },
        ];
      }),
  );
  return path => pods.get(path.split('/').slice(-3, -1).join('/'));
}
