import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { parseWorld } from '../../../src/sandbox/world.ts';

const world = `
cluster: {serverVersion: v1.36.2, ageDays: 1, nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]}
objects: []
`;

/** A sandbox in which nobody acts but who asks, as in the control plane that goldens are recorded from. */
export function startIdleSandbox(): Promise<Sandbox> {
  return startSandbox({ world: parseWorld(world, 'idle'), controllers: [] });
}
