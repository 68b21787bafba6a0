import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { isObject, type JsonObject, plainText } from '../core/json.ts';
import type { Preview } from '../core/preview.ts';
import type { Maker } from '../core/protect.ts';
import type { Ref } from '../core/ref.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { atOnce } from './preview.ts';
import type { ChangingReach, Environment } from './vigie.ts';

/** A pod, its ReplicaSet, its Deployment and what an operator puts above; owners may also be written in a circle. */
const longestChain = 6;
/** What says that a maker cannot be read: its name is known all the same. */
const unreadable = ['FORBIDDEN', 'NOT_FOUND', 'UNKNOWN_KIND', 'OUT_OF_BOUNDS', 'INVALID_INPUT'];

/**
 * What made the targets: their controllers, and the controllers of those, as far as they can be read; one that cannot is
 * told by its name. None where nothing is protected.
 */
export async function makersOf(
  previews: readonly Preview[],
  { reach, environment }: { reach: Pick<ChangingReach, 'reader'>; environment: Environment },
): Promise<Maker[]> {
  if (environment.rules.protect.length === 0) return [];
  const found = new Map<string, Promise<KubeObject | undefined>>();
  const read = (owner: Owner): Promise<KubeObject | undefined> => {
    const reading = found.get(owner.uid) ?? readOwner(owner, reach.reader);
    found.set(owner.uid, reading);
    return reading;
  };
  const chains = await inParallel(previews, {
    atOnce,
    task: async ({ target, before, after }) => {
      const makers: Maker[] = [];
      let owner = ownerIn(before ?? after, target.namespace);
      while (owner !== undefined && makers.length < longestChain) {
        const object = await read(owner);
        makers.push({ of: target, target: owner.ref, labels: object?.metadata.labels ?? {} });
        owner = ownerIn(object, target.namespace);
      }
      return makers;
    },
  });
  return chains.flat();
}

interface Owner {
  ref: Ref;
  uid: string;
}

function ownerIn(
  object: JsonObject | KubeObject | undefined,
  namespace: string | undefined,
): Owner | undefined {
  const metadata = isObject(object?.metadata) ? object.metadata : {};
  const owners = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : [];
  const owner = owners.filter(isObject).find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  const { apiVersion, kind, name, uid } = owner;
  return {
    ref: {
      apiVersion: plainText(apiVersion),
      kind: plainText(kind),
      name: plainText(name),
      ...(namespace === undefined ? {} : { namespace }),
    },
    uid: plainText(uid),
  };
}

/** The very one, and no other that has its name now. */
async function readOwner(
  { ref, uid }: Owner,
  reader: ChangingReach['reader'],
): Promise<KubeObject | undefined> {
  try {
    const object = await reader.find(ref);
    return object?.metadata.uid === uid ? object : undefined;
  } catch (error) {
    if (error instanceof VigieError && unreadable.includes(error.code)) return undefined;
    throw error;
  }
}
