import type { JsonObject } from '../../core/json.ts';
import facts from '../bootstrap.json' with { type: 'json' };
import type { Cluster } from '../cluster.ts';

/** The body of GET /version: the version that the world's cluster says it has. */
export function describeVersion({ world }: Cluster): JsonObject {
  const { serverVersion } = world.cluster;
  const [major = '', minor = ''] = serverVersion.replace(/^v/, '').split('.');
  return { major, minor, gitVersion: serverVersion, ...facts.version };
}
