import type { Ref } from '../core/ref.ts';
import { isKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { controllerUid } from '../kubernetes/owners.ts';
import type { ClusterView } from './controllers/controller.ts';
import { type Change, type ClusterState, keyOf } from './state.ts';
import type { World } from './world.ts';

/**
 * What controllers read of a state, found without looking through it: objects by their uid, by their owners and by
 * their node, kept up with every change. A list is shared until something of it changes, so that it can be a key.
 */
export class StateView implements ClusterView {
  readonly world: World;
  readonly #state: ClusterState;
  readonly #storageOf: (kind: string, apiVersion?: string) => string | undefined;
  readonly #lists = new Map<string, Map<string, readonly KubeObject[]>>();
  readonly #byUid = new Map<string, KubeObject>();
  readonly #byOwner = new Groups();
  readonly #byNode = new Groups();

  constructor(
    state: ClusterState,
    more: { world: World; storageOf: (kind: string, apiVersion?: string) => string | undefined },
  ) {
    this.world = more.world;
    this.#state = state;
    this.#storageOf = more.storageOf;
    for (const object of state.all()) this.#file(object);
    state.onChange(change => this.#follow(change));
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    const storage = this.#storageOf(kind);
    if (storage === undefined) return [];
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    const lists = this.#lists.get(storage) ?? new Map<string, readonly KubeObject[]>();
    const known = lists.get(prefix);
    if (known !== undefined) return known;
    const found = this.#state.list(storage, prefix);
    this.#lists.set(storage, lists.set(prefix, found));
    return found;
  }

  get(ref: Ref): KubeObject | undefined {
    const storage = this.#storageOf(ref.kind, ref.apiVersion);
    return storage === undefined ? undefined : this.#state.get(storage, keyOf(ref.namespace, ref.name));
  }

  withUid(uid: string): KubeObject | undefined {
    return this.#byUid.get(uid);
  }

  dependentsOf(uid: string): readonly KubeObject[] {
    return this.#byOwner.of(uid);
  }

  unowned(kind: string): readonly KubeObject[] {
    return this.#byOwner.of(unownedGroup(kind));
  }

  podsOn(node: string): readonly KubeObject[] {
    return this.#byNode.of(node);
  }

  #follow({ storage, object, before, type }: Change): void {
    const lists = this.#lists.get(storage);
    lists?.delete('');
    lists?.delete(`${object.metadata.namespace ?? ''}/`);
    if (before !== undefined) this.#unfile(before);
    if (type !== 'DELETED') this.#file(object);
  }

  #file(object: KubeObject): void {
    const { uid, ownerReferences = [] } = object.metadata;
    if (uid === undefined) return;
    this.#byUid.set(uid, object);
    for (const owner of ownerReferences) this.#byOwner.put(owner.uid, object);
    if (controllerUid(object) === undefined) this.#byOwner.put(unownedGroup(object.kind), object);
    if (isKind(object, 'Pod')) this.#byNode.put(object.spec.nodeName ?? '', object);
  }

  #unfile(object: KubeObject): void {
    const { uid, ownerReferences = [] } = object.metadata;
    if (uid === undefined) return;
    this.#byUid.delete(uid);
    for (const owner of ownerReferences) this.#byOwner.drop(owner.uid, uid);
    if (controllerUid(object) === undefined) this.#byOwner.drop(unownedGroup(object.kind), uid);
    if (isKind(object, 'Pod')) this.#byNode.drop(object.spec.nodeName ?? '', uid);
  }
}

/** No uid has a slash. */
function unownedGroup(kind: string): string {
  return `/${kind}`;
}

/** Objects in groups; the list of a group is the same array until a member changes. */
class Groups {
  readonly #members = new Map<string, Map<string, KubeObject>>();
  readonly #lists = new Map<string, readonly KubeObject[]>();

  of(group: string): readonly KubeObject[] {
    const known = this.#lists.get(group);
    if (known !== undefined) return known;
    const members = this.#members.get(group);
    if (members === undefined) return [];
    const list = [...members.values()];
    this.#lists.set(group, list);
    return list;
  }

  put(group: string, object: KubeObject): void {
    const members = this.#members.get(group) ?? new Map<string, KubeObject>();
    this.#members.set(group, members.set(object.metadata.uid ?? '', object));
    this.#lists.delete(group);
  }

  drop(group: string, uid: string): void {
    const members = this.#members.get(group);
    members?.delete(uid);
    if (members?.size === 0) this.#members.delete(group);
    this.#lists.delete(group);
  }
}
