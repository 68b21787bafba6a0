import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { containersIn } from '../../kubernetes/pod-containers.ts';

/** Whose log a file is. */
interface LogOwner {
  namespace: string;
  pod: string;
  container: string;
  /** Of the run before. */
  previous: boolean;
}

/** Finds the container whose log a file is. */
type LogOwners = (path: string) => LogOwner | undefined;

interface Candidate {
  namespace: string;
  pod: string;
  containers: readonly string[];
  /** Where the name that fitted holds the container's as well. */
  container?: string;
}

/**
 * People name the files of logs as they like: `shop/web-1/web.log`, `web-1.log`, `shop_web-1_web.previous.log`,
 * `namespaces/shop/pods/web-1/web/web/logs/current.log`. The pods of the dump say what of it is a name.
 */
export function logOwners(objects: readonly KubeObject[]): LogOwners {
  const byName = new Map<string, Candidate[]>();
  const learn = (name: string, candidate: Candidate): void => {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [candidate]);
    else known.push(candidate);
  };
  for (const object of objects) {
    if (!isKind(object, 'Pod')) continue;
    const { name: pod, namespace = '' } = object.metadata;
    const candidate = { namespace, pod, containers: containersIn(object).map(({ name }) => name) };
    learn(pod, candidate);
    learn(`${namespace}-${pod}`, candidate);
    for (const container of candidate.containers)
      for (const mark of ['-', '.'])
        for (const name of [pod, `${namespace}-${pod}`])
          learn(`${name}${mark}${container}`, { ...candidate, container });
  }
  return path => ownerOf(path, byName);
}

// A file lies in few folders, and is named by few names.
const mostParts = 40;

function ownerOf(path: string, byName: ReadonlyMap<string, readonly Candidate[]>): LogOwner | undefined {
  const plain = path.replace(/(?:\.log|\.txt)+$/, '');
  const previous = /[._/-]prev(?:ious)?$/.test(plain);
  const parts = plain
    .replace(/[._/-]prev(?:ious)?$/, '')
    .split(/[/_]/)
    .slice(-mostParts);
  const found = parts.flatMap(part => byName.get(part) ?? []);
  const namesakes = found.filter(({ namespace }) => parts.includes(namespace));
  const fitting = namesakes.length > 0 ? namesakes : found;
  const pods = new Set(fitting.map(({ namespace, pod }) => `${namespace}/${pod}`));
  const [first] = fitting;
  if (first === undefined || pods.size !== 1) return undefined;
  const named =
    fitting.find(({ container }) => container !== undefined)?.container ??
    first.containers.find(each => parts.lastIndexOf(each) > parts.indexOf(first.pod));
  // Of a pod of several `kubectl logs` gives the first.
  const container = named ?? first.containers[0];
  if (container === undefined) return undefined;
  return { namespace: first.namespace, pod: first.pod, container, previous };
}
