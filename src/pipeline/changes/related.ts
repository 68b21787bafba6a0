import type { KubeReader, ListPage, ListQuery } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Ref } from '../../core/ref.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { type NeighbourKind, surroundingsOf, tellingOf } from '../../kubernetes/surroundings.ts';

/** What was read around an object to judge it. */
export interface Around {
  related: KubeObject[];
  /** The selector of its pods and where that list stood; absent: it has none, or they may not be seen. */
  pods?: { labelSelector: string; resourceVersion: string };
  /** What may not be seen with these credentials, in the words of a sentence. */
  unseen: string[];
}

/** The objects that tell of an object's health. Who may change a workload and not see its pods still has what it says of itself. */
export async function readAround(object: KubeObject, reader: KubeReader): Promise<Around> {
  const { neighbours, left } = surroundingsOf(object);
  const found: KubeObject[] = [];
  const unseen = new Set<NeighbourKind>();
  let pods: Around['pods'];
  for (const { by, ...neighbour } of neighbours) {
    const { kind } = neighbour;
    const page = await seen(async () =>
      'name' in by ? findOne({ ...neighbour, ...by }, reader) : listOf({ ...neighbour, ...by }, reader),
    );
    if (page === undefined) unseen.add(kind);
    else found.push(...page.items);
    if (page !== undefined && kind === 'Pod' && 'labelSelector' in by)
      pods = { ...by, resourceVersion: page.resourceVersion };
  }
  return {
    related: isKind(object, 'Pod') ? [object] : tellingOf(object, { found, unseen }),
    ...(pods === undefined ? {} : { pods }),
    unseen: [...[...unseen].map(kind => words[kind]), ...(left === 0 ? [] : [`${left} more services`])],
  };
}

const words: Readonly<Record<NeighbourKind, string>> = {
  Pod: 'pods',
  ReplicaSet: 'replica sets',
  EndpointSlice: 'endpoint slices',
  Service: 'services',
  StorageClass: 'storage classes',
};

/** The events about some objects; undefined where they may not be seen. */
export async function eventsAbout(
  objects: readonly KubeObject[],
  reader: KubeReader,
): Promise<KubeObject[] | undefined> {
  const events: KubeObject[] = [];
  for (const { metadata } of objects) {
    const { uid, namespace } = metadata;
    if (uid === undefined || namespace === undefined) continue;
    const query = {
      kind: 'Event',
      apiVersion: 'v1',
      namespace,
      fieldSelector: `involvedObject.uid=${uid}`,
    };
    const page = await seen(() => listOf(query, reader));
    if (page === undefined) return undefined;
    events.push(...page.items);
  }
  return events;
}

type Found = Pick<ListPage, 'items' | 'resourceVersion'>;

function listOf(query: ListQuery, reader: KubeReader): Promise<Found> {
  return reader.list({ ...query, limit: limits.listPage });
}

async function findOne(ref: Ref, reader: KubeReader): Promise<Found> {
  const object = await reader.find(ref);
  return { items: object === undefined ? [] : [object], resourceVersion: '' };
}

/** Undefined: it cannot be seen with these credentials, or an old server serves no such version. */
async function seen(read: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof VigieError) || !unseeable.has(error.code)) throw error;
    return undefined;
  }
}

const unseeable: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNKNOWN_KIND']);
