import { containerEnvironment } from '../../kubernetes/container-environment.ts';
import { containerFiles } from '../../kubernetes/container-files.ts';
import { type Cluster, findByRef } from '../cluster.ts';
import type { PeerSource } from '../controllers/container-program.ts';
import { storageOf } from '../resource.ts';
import type { Execution } from './program.ts';

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What the rules of kubelets read of a cluster. */
export function sourceOf(cluster: Cluster): PeerSource {
  return {
    world: cluster.world,
    get: ref => findByRef(cluster, ref),
    list(kind, namespace) {
      const resource = cluster.resources.ofKind(kind);
      const prefix = namespace === undefined ? '' : `${namespace}/`;
      return resource === undefined ? [] : cluster.state.list(storageOf(resource), prefix);
    },
  };
}

/** The variables and the mounted files of a container. Those of services and of the image itself are not simulated. */
export function surroundingsOf({ cluster, pod, container: name }: Execution): {
  env: Map<string, string>;
  files: Map<string, Buffer>;
} {
  const own = new Map([
    ['PATH', searchPath],
    ['HOSTNAME', pod.spec.hostname ?? pod.metadata.name],
  ]);
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const container = containers.find(each => each.name === name);
  if (container === undefined) return { env: own, files: new Map() };
  const source = sourceOf(cluster);
  const { variables } = containerEnvironment(source, { pod, container });
  const env = new Map([...own, ...variables, ['HOME', '/root']]);
  return { env, files: containerFiles(source, { pod, container }) };
}
