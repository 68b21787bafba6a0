import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { worldOfPods } from './pods-world.ts';

const missing = 'registry.example/missing/service:0';

/** A sandbox of many pods in which some deployments name an image that does not exist. */
export async function faultyWorld(size: {
  pods: number;
  namespaces: number;
  faults: number;
}): Promise<Sandbox> {
  // One pod of each of these; the others of ten are made up for.
  const world = worldOfPods({ ...size, pods: size.pods + size.faults * 9 });
  // What containers were warned of when they started is forgotten: a cluster as it stands, and not one that starts.
  world.cluster.ageDays = 1;
  world.missing.push('registry.example/missing/*');
  let planted = 0;
  for (const object of world.objects) {
    if (object.kind !== 'Deployment' || planted >= size.faults) continue;
    planted += 1;
    const text = JSON.stringify(object).replaceAll(/registry\.example\/shop\/[^"]+/g, missing);
    Object.assign(object, JSON.parse(text), { spec: { ...JSON.parse(text).spec, replicas: 1 } });
  }
  const sandbox = await startSandbox({ world });
  await sandbox.settled();
  return sandbox;
}
