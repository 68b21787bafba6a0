import type { KubeReader } from '../clients/kube/reader.ts';
import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { isObject, plainText } from '../core/json.ts';
import { Redactor } from '../core/redaction.ts';
import { ofKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { readQuantity } from '../kubernetes/quantities.ts';
import type { Usage } from '../kubernetes/twin/seen-container.ts';
import { type Twin, twinKinds, worldFrom } from '../sandbox/twin/world-from.ts';
import { environmentOf } from './look-up.ts';
import type { Vigie } from './vigie.ts';

/** Lists that are read at once: kind by kind would take a second each over a long line. */
const atOnce = 4;
/** Of one kind: four times what a sandbox is meant to hold of pods. What comes after is not looked at. */
const objectsOfKind = 20_000;
/** Of all kinds together, as JSON: 20,000 pods, or what else this process can hold. What comes after is not looked at. */
const readBytes = 256 * 1024 * 1024;
const metricsVersion = 'metrics.k8s.io/v1beta1';
/** What stands for a kind in this account or this server, and does not change with another try. */
const lacking = new Set(['FORBIDDEN', 'UNKNOWN_KIND', 'NOT_FOUND']);

/** A twin with what it lacks. */
export interface GatheredTwin extends Twin {
  /** Kinds that could not be read, with why, or not to their end. */
  unread: { kind: string; why: string }[];
}

/**
 * Reads an environment, and makes the world of a sandbox that is as it is; nothing is written anywhere. It goes by the
 * environment's own bounds; `namespaces` narrows them. No value of a Secret is in the result.
 * @throws VigieError UNKNOWN_ENVIRONMENT, OUT_OF_BOUNDS, NOT_FOUND for a namespace that is not there, and what readers throw: half a cluster is no twin
 */
export async function gatherTwin(
  given: Vigie,
  asked: {
    environment: string;
    namespaces?: readonly string[];
    signal: AbortSignal;
    progress?: (message: string) => void;
  },
): Promise<GatheredTwin> {
  const vigie = await given.inForce('read');
  const environment = environmentOf(vigie, { environment: asked.environment });
  const { view, known } = environment;
  const end = known.beginCall();
  try {
    const reach = await environment.reach(asked.signal);
    const { reader } = reach;
    const namespaces = asked.namespaces ?? view.namespaces;
    const unread: GatheredTwin['unread'] = [];
    const room = { bytes: readBytes };
    const serverVersion = await reader.serverVersion();
    const lists = await inParallel(twinKinds, {
      atOnce,
      task: async sort => {
        asked.progress?.(`Reading ${sort.kind} …`);
        try {
          return await readKind(reader, { ...sort, namespaces, room, unread });
        } catch (error) {
          unread.push({ kind: sort.kind, why: whyLacking(error) });
          return undefined;
        }
      },
    });
    const objects = lists.flatMap(list => list ?? []);
    const lacked = new Set(
      twinKinds.filter((_, index) => lists[index] === undefined).map(({ kind }) => kind),
    );
    for (const name of asked.namespaces ?? []) await refuseMissing(reader, { name, objects, lacked });
    const usage = await readUsage(reader, { namespaces, room, unread }).catch((error: unknown) => {
      unread.push({ kind: 'PodMetrics', why: whyLacking(error) });
      return undefined;
    });
    const redactor = new Redactor(known);
    const twin = worldFrom({
      name: view.name,
      serverVersion,
      objects: [
        ...withNamespaces(objects, { namespaces, lacked }),
        ...(await customObjects(reader, { objects, namespaces, room, unread })),
      ],
      unread: lacked,
      usage,
      nowMs: (reach.serverTime() ?? vigie.now()).getTime(),
      mask: { object: object => redactor.object(object), json: value => redactor.json(value) },
    });
    return { ...twin, unread };
  } finally {
    end();
  }
}

interface Place {
  namespaces: readonly string[] | undefined;
  /** What is left of readBytes. */
  room: { bytes: number };
  unread: GatheredTwin['unread'];
}

interface Sort extends Place {
  kind: string;
  apiVersion: string;
}

/** Reads a kind to its end, or as far as there is room, and says so. */
async function readKind(
  reader: KubeReader,
  { kind, apiVersion, namespaces, room, unread }: Sort,
): Promise<KubeObject[]> {
  const { namespaced } = await reader.resolve(kind, apiVersion);
  const objects: KubeObject[] = [];
  for (const namespace of namespaced ? (namespaces ?? [undefined]) : [undefined]) {
    const place = namespace === undefined ? {} : { namespace };
    for await (const page of reader.listAll({ kind, apiVersion, ...place }))
      for (const object of page) {
        room.bytes -= JSON.stringify(object).length;
        if (objects.length === objectsOfKind || room.bytes < 0) {
          unread.push({ kind, why: `only ${objects.length} were looked at` });
          return objects;
        }
        objects.push(object);
      }
  }
  return objects;
}

/** Why a kind is not in the twin; what may be otherwise with the next try ends the whole. */
function whyLacking(error: unknown): string {
  if (!(error instanceof VigieError) || !lacking.has(error.code)) throw error;
  return error.code;
}

/** A misspelled namespace makes an empty twin; where namespaces cannot be read at all, nobody knows. */
async function refuseMissing(
  reader: KubeReader,
  { name, objects, lacked }: { name: string; objects: readonly KubeObject[]; lacked: ReadonlySet<string> },
): Promise<void> {
  if (objects.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name)) return;
  try {
    await reader.get({ kind: 'Namespace', apiVersion: 'v1', name });
  } catch (error) {
    if (error instanceof VigieError && error.code === 'FORBIDDEN' && lacked.has('Namespace')) return;
    throw error;
  }
}

/** Of a cluster's namespaces those that are asked for; where none can be read, they are known by name. */
function withNamespaces(
  objects: readonly KubeObject[],
  { namespaces, lacked }: { namespaces: readonly string[] | undefined; lacked: ReadonlySet<string> },
): KubeObject[] {
  if (namespaces === undefined) return [...objects];
  const others = objects.filter(
    ({ kind, metadata }) => kind !== 'Namespace' || namespaces.includes(metadata.name),
  );
  if (!lacked.has('Namespace')) return others;
  return [
    ...namespaces.map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...others,
  ];
}

/** What people made of the kinds that definitions add, in namespaces. */
async function customObjects(
  reader: KubeReader,
  { objects, ...place }: Place & { objects: readonly KubeObject[] },
): Promise<KubeObject[]> {
  const sorts = ofKind(objects, 'CustomResourceDefinition').flatMap(({ spec }) => {
    const version = spec.versions?.find(each => each['storage'] === true)?.['name'];
    const served = spec.scope === 'Namespaced' && typeof version === 'string';
    return served ? [{ kind: spec.names.kind, apiVersion: `${spec.group}/${version}` }] : [];
  });
  const lists = await inParallel(sorts, {
    atOnce,
    task: async sort => {
      try {
        return await readKind(reader, { ...sort, ...place });
      } catch (error) {
        // A conversion that is down, or a definition whose version nobody serves, is no reason to have no twin.
        if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
        place.unread.push({ kind: sort.kind, why: error.code });
        return [];
      }
    },
  });
  return lists.flat();
}

async function readUsage(reader: KubeReader, place: Place): Promise<Map<string, Usage>> {
  const objects = await readKind(reader, { kind: 'PodMetrics', apiVersion: metricsVersion, ...place });
  const usage = new Map<string, Usage>();
  for (const { metadata, containers } of objects) {
    for (const container of Array.isArray(containers) ? containers : []) {
      const used = isObject(container) ? container['usage'] : undefined;
      if (!isObject(container) || !isObject(used)) continue;
      const amount = (name: string) => Number(readQuantity(plainText(used[name] ?? '0')) ?? 0n) / 1e9;
      usage.set(`${metadata.namespace}/${metadata.name}/${plainText(container['name'])}`, {
        memoryMi: amount('memory') / 1_048_576,
        cpuMilli: amount('cpu') * 1_000,
      });
    }
  }
  return usage;
}
