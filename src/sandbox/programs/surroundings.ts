import { containerEnvironment } from '../../kubernetes/container-environment.ts';
import { containerFiles } from '../../kubernetes/container-files.ts';
import { containerNamed } from '../../kubernetes/pod-containers.ts';
import { viewOf } from '../cluster.ts';
import type { Execution } from './program.ts';

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The variables and the mounted files of a container. Those of services and of the image itself are not simulated. */
export function surroundingsOf({ cluster, pod, container: name }: Execution): {
  env: Map<string, string>;
  files: Map<string, Buffer>;
} {
  const own = new Map([
    ['PATH', searchPath],
    ['HOSTNAME', pod.spec.hostname ?? pod.metadata.name],
  ]);
  const container = containerNamed(pod, name);
  if (container === undefined) return { env: own, files: new Map() };
  const source = viewOf(cluster);
  const { variables } = containerEnvironment(source, { pod, container });
  const env = new Map([...own, ...variables, ['HOME', '/root']]);
  return { env, files: containerFiles(source, { pod, container }) };
}
