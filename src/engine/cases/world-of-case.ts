import { VigieError } from '../../core/errors.ts';
import { loadWorld, parseWorld, type World } from '../../sandbox/world.ts';
import type { PlaybookCase } from './case-schema.ts';

/** The world of a case: one that comes with Vigie, and what the case has beside it. @throws VigieError SANDBOX, with what is wrong in it */
export async function worldOfCase({ world }: Pick<PlaybookCase, 'world'>): Promise<World> {
  const own = typeof world === 'string' ? { like: world } : world;
  // A path would lead out of the folder of the playbook.
  if (!/^[a-z0-9-]+$/.test(own.like))
    throw new VigieError('SANDBOX', `A world is named shop or faults, and not ${own.like}.`);
  const { name, ...base } = await loadWorld(own.like);
  if (typeof world === 'string') return { name, ...base };
  const { nodes = [], images = [], registry, missing = [], load = [], earlier = [], objects = [] } = world;
  const whole = {
    ...base,
    cluster: { ...base.cluster, nodes: [...base.cluster.nodes, ...nodes] },
    // The first that matches counts.
    images: [...images, ...base.images],
    ...(registry === undefined ? {} : { registry: { ...base.registry, ...registry } }),
    missing: [...missing, ...base.missing],
    load: [...base.load, ...load],
    earlier: [...base.earlier, ...earlier],
    objects: [...base.objects, ...objects],
  };
  return parseWorld(JSON.stringify(whole), name);
}
