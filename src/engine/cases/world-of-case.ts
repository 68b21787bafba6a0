import { VigieError } from '../../core/errors.ts';
import { loadWorld, parseWorld, type World } from '../../sandbox/world.ts';
import type { PlaybookCase } from './case-schema.ts';

/** As they come: the past of one that many cases begin in is played once. */
const shipped = new Map<string, Promise<World>>();

/** The world of a case: one that comes with Vigie, and what the case has beside it. @throws VigieError SANDBOX, with what is wrong in it */
export async function worldOfCase({ world }: Pick<PlaybookCase, 'world'>): Promise<World> {
  const own = typeof world === 'string' ? { like: world } : world;
  // A path would lead out of the folder of the playbook.
  if (!/^[a-z0-9-]+$/.test(own.like))
    throw new VigieError('SANDBOX', `A world is named shop or faults, and not ${own.like}.`);
  const loaded = shipped.get(own.like) ?? loadWorld(own.like);
  shipped.set(own.like, loaded);
  if (typeof world === 'string') return loaded;
  const { name, ...base } = await loaded;
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
