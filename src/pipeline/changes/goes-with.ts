import type { KubeReader, ResourceKind } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { isObject } from '../../core/json.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { type KubeObject, refOf, splitApiVersion } from '../../kubernetes/object.ts';

// Any object can own any other of its namespace, and the garbage collector follows owners through every kind that can
// be deleted: so every such kind is looked through, by its metadata alone.

// A person reads these lines before deciding; past this the count says enough.
const shownPerKind = 10;
// A server has some sixty kinds of its own, and they come first; some operators bring hundreds.
const kindsLooked = 100;
// Of one kind: twice the pods of a large namespace, in a few requests.
const objectsLooked = 5_000;
const kindsAtOnce = 4;
const kindsNamed = 5;
// A plan that deletes a hundred objects looks through their namespace once, not a hundred times.
const lookHoldsMs = 2_000;

/** What a deletion takes along: a line per object or per crowd, and what could not be known. */
interface Going {
  along: { target: Ref; what: string }[];
  warnings: string[];
}

interface Look {
  objects: KubeObject[];
  /** Kinds that were not read, or not to their end. */
  unread: string[];
}

/** What the garbage collector, a namespace or a definition takes along when this object is deleted. */
export async function goesWith(object: KubeObject, reader: KubeReader): Promise<Going> {
  if (object.kind === 'Namespace') return contentOf(object, reader);
  if (object.kind === 'CustomResourceDefinition') return objectsDefinedBy(object, reader);
  return ownedBy(object, reader);
}

async function ownedBy(object: KubeObject, reader: KubeReader): Promise<Going> {
  const { namespace, uid } = object.metadata;
  if (uid === undefined) return { along: [], warnings: [] };
  const look = await lookThrough(reader, namespace);
  const children = new Map<string, KubeObject[]>();
  for (const candidate of look.objects) {
    for (const owner of candidate.metadata.ownerReferences ?? []) {
      const siblings = children.get(owner.uid);
      if (siblings === undefined) children.set(owner.uid, [candidate]);
      else siblings.push(candidate);
    }
  }
  // A Set goes on over what is added to it meanwhile.
  const going = new Set([uid]);
  const found = new Set<KubeObject>();
  for (const parent of going) {
    for (const child of children.get(parent) ?? []) {
      if (child.metadata.uid === undefined || going.has(child.metadata.uid)) continue;
      going.add(child.metadata.uid);
      found.add(child);
    }
  }
  const fate = (child: KubeObject) =>
    child.metadata.ownerReferences?.every(owner => going.has(owner.uid)) === true
      ? 'deleted with its owner'
      : 'loses an owner, and is deleted unless another one stays';
  const elsewhere = namespace === undefined ? outsideWarning(reader) : [];
  return { along: folded([...found], fate), warnings: [...unreadWarning(look), ...elsewhere] };
}

async function contentOf({ metadata }: KubeObject, reader: KubeReader): Promise<Going> {
  const look = await lookThrough(reader, metadata.name);
  return { along: folded(look.objects, () => 'deleted with its namespace'), warnings: unreadWarning(look) };
}

async function objectsDefinedBy(definition: KubeObject, reader: KubeReader): Promise<Going> {
  const { group, names } = definition.spec ?? {};
  const defined = isObject(names) ? names['kind'] : undefined;
  const kind = (await reader.kinds()).find(
    candidate => candidate.kind === defined && splitApiVersion(candidate.apiVersion).group === group,
  );
  if (kind === undefined) return { along: [], warnings: [] };
  const { objects, whole } = await readKind(reader, { kind, namespace: undefined });
  const owned =
    objects.length === 0 ? [] : ['What the objects of this kind own goes with them and is not listed.'];
  return {
    along: folded(objects, () => 'deleted with its definition'),
    warnings: [...unreadWarning({ unread: whole ? [] : [kind.kind] }), ...outsideWarning(reader), ...owned],
  };
}

const looks = new WeakMap<KubeReader, Map<string, { at: number; look: Promise<Look> }>>();

/** Everything in a namespace that could go; without one, in the whole environment and outside of namespaces. */
function lookThrough(reader: KubeReader, namespace: string | undefined): Promise<Look> {
  const held = looks.get(reader) ?? new Map<string, { at: number; look: Promise<Look> }>();
  looks.set(reader, held);
  const before = held.get(namespace ?? '');
  if (before !== undefined && performance.now() - before.at < lookHoldsMs) return before.look;
  const look = lookAnew(reader, namespace);
  held.set(namespace ?? '', { at: performance.now(), look });
  return look;
}

async function lookAnew(reader: KubeReader, namespace: string | undefined): Promise<Look> {
  const kinds = (await reader.kinds()).filter(
    kind => canGo(kind) && (kind.namespaced || namespace === undefined),
  );
  const parts = await inParallel(kinds.slice(0, kindsLooked), {
    atOnce: kindsAtOnce,
    task: async kind => ({ kind, ...(await readKind(reader, { kind, namespace })) }),
  });
  return {
    objects: parts.flatMap(({ objects }) => objects),
    unread: [...parts.filter(({ whole }) => !whole).map(({ kind }) => kind), ...kinds.slice(kindsLooked)].map(
      ({ kind }) => kind,
    ),
  };
}

/** Events are of no use to anybody once their object is gone, and there are thousands. */
function canGo({ kind, verbs }: ResourceKind): boolean {
  return kind !== 'Event' && verbs.includes('list') && verbs.includes('delete');
}

// What keeps a kind from being looked through, and not the others: a right that is missing, a server behind the server
// that is down.
const unreadable = new Set(['FORBIDDEN', 'SERVER_ERROR', 'NOT_FOUND', 'BAD_RESPONSE']);

async function readKind(
  reader: KubeReader,
  { kind, namespace }: { kind: ResourceKind; namespace: string | undefined },
): Promise<{ objects: KubeObject[]; whole: boolean }> {
  const objects: KubeObject[] = [];
  const query = { kind: kind.kind, apiVersion: kind.apiVersion, metadataOnly: true } as const;
  try {
    for await (const page of reader.listAll({
      ...query,
      ...(namespace === undefined ? {} : { namespace }),
    })) {
      objects.push(...page.map(bare));
      if (objects.length >= objectsLooked) return { objects, whole: false };
    }
    return { objects, whole: true };
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    // It went with its definition since the kinds were asked for.
    if (error.code === 'UNKNOWN_KIND') return { objects, whole: true };
    if (unreadable.has(error.code)) return { objects, whole: false };
    throw error;
  }
}

/** Annotations alone may be as large as the object. */
function bare({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, ownerReferences } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  };
}

function unreadWarning({ unread }: { unread: readonly string[] }): string[] {
  if (unread.length === 0) return [];
  const named = unread.slice(0, kindsNamed).join(', ');
  const more = unread.length > kindsNamed ? ` and ${unread.length - kindsNamed} more kinds` : '';
  return [`The deletion may take more along than is listed: ${named}${more} could not be read to the end.`];
}

function outsideWarning(reader: KubeReader): string[] {
  if (reader.seesAllNamespaces) return [];
  return [
    'The deletion may take more along than is listed: namespaces outside this environment were not looked at.',
  ];
}

function folded(
  objects: readonly KubeObject[],
  whatOf: (object: KubeObject) => string,
): { target: Ref; what: string }[] {
  const crowds = Map.groupBy(objects, object => `${object.apiVersion} ${object.kind} ${whatOf(object)}`);
  return [...crowds.values()].flatMap(same => {
    const shown = same
      .slice(0, shownPerKind)
      .map(object => ({ target: refOf(object), what: whatOf(object) }));
    const last = shown.at(-1);
    if (same.length > shownPerKind && last !== undefined)
      last.what += `; and ${same.length - shownPerKind} more of kind ${describeRef({ kind: last.target.kind, name: '*' })}`;
    return shown;
  });
}
