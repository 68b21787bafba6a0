import { servesResource } from '../kubernetes/releases.ts';
import type { Resource } from './resource.ts';
import type { World } from './world.ts';

/** 28 of `v1.28.4+k3s1`. */
export function minorOf({ cluster }: World): number {
  return Number(/^v\d+\.(\d+)/.exec(cluster.serverVersion)?.[1] ?? Number.POSITIVE_INFINITY);
}

/** The resources of the newest version that an older one has too, each with those of its subresources. */
export function resourcesOf(minor: number, newest: readonly Resource[]): Resource[] {
  const has = (name: string): boolean => servesResource(minor, name);
  return newest
    .filter(({ group, plural }) => has(`${group}/${plural}`))
    .map(each => {
      const subresources = each.subresources.filter(({ name }) =>
        has(`${each.group}/${each.plural}/${name}`),
      );
      return subresources.length === each.subresources.length ? each : { ...each, subresources };
    });
}
