import type { KubeObject } from '../kubernetes/object.ts';
import type { World } from './world.ts';

/** Every object of a world as it stands at nowMs after days of running: pods, replica sets, slices, events and all. */
export function populate(world: World, _nowMs: number): KubeObject[] {
  return world.objects;
}
