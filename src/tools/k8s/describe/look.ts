import type { KubeReader, ListQuery } from '../../../clients/kube/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { cleanLine, cleanText } from '../../../core/text.ts';
import { groupOf, type KnownKind, type ObjectOf, ofKind } from '../../../kubernetes/kinds.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { type NeighbourKind, surroundingsOf, tellingOf } from '../../../kubernetes/surroundings.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

// A message of a controller says it all in its first sentences.
const messageChars = 300;

type Where = Omit<ListQuery, 'kind' | 'apiVersion'>;

/** What an object's health is judged with, and the kinds of it that could not be read. */
export interface Around {
  related: readonly KubeObject[];
  unseen: ReadonlySet<NeighbourKind>;
}

/** Looks around an object, and remembers what it was not let see, so that no silence passes for health. */
export class Look {
  readonly #kube: KubeReader;
  readonly #clusterTime: () => Date;
  readonly #mask: (text: string) => string;
  readonly #notChecked = new Set<string>();

  constructor({ kube, clusterTime, mask }: Pick<ToolContext, 'kube' | 'clusterTime' | 'mask'>) {
    this.#kube = kube;
    this.#mask = text => mask(text);
    this.#clusterTime = clusterTime;
  }

  /** The cluster's time: what ages are told by. */
  get nowMs(): number {
    return this.#clusterTime().getTime();
  }

  get notChecked(): readonly string[] {
    return [...this.#notChecked];
  }

  /** Objects of one kind, at most a page of them; undefined where they could not be read, which is noted. */
  async list<K extends KnownKind>(kind: K, where: Where): Promise<ObjectOf<K>[] | undefined> {
    const unread = new Set<string>();
    const query = { kind: qualified(kind), limit: limits.listPage, ...where };
    const page = await this.#try(kind, () => this.#kube.list(query, { unread }));
    for (const namespace of [...unread].sort()) this.note(`${kind} in ${namespace}`, mayNot);
    if (page?.continue !== undefined) this.note(kind, `only the first ${limits.listPage} were looked at`);
    return page === undefined ? undefined : ofKind(page.items, kind);
  }

  /** The object of a ref: undefined where there is none, `unread` where that could not be seen, which is noted. */
  async find(ref: Ref): Promise<KubeObject | undefined | 'unread'> {
    const found = await this.#try(describeRef(ref), async () => ({ object: await this.#kube.find(ref) }));
    return found === undefined ? 'unread' : found.object;
  }

  /** What tells of an object's health. */
  async around(object: KubeObject): Promise<Around> {
    const { neighbours, left } = surroundingsOf(object);
    const found: KubeObject[] = [];
    const unseen = new Set<NeighbourKind>();
    for (const { by, kind, apiVersion, ...place } of neighbours) {
      if ('labelSelector' in by) {
        const listed = await this.list(kind, { ...place, ...by });
        if (listed === undefined) unseen.add(kind);
        found.push(...(listed ?? []));
      } else {
        const one = await this.find({ kind, apiVersion, ...place, ...by });
        if (one === 'unread') unseen.add(kind);
        else if (one !== undefined) found.push(one);
      }
    }
    if (left > 0) this.note('Service', `${left} more were not looked at`);
    return { related: tellingOf(object, { found, unseen }), unseen };
  }

  /** Whether an object exists, without reading what is in it; undefined where that could not be seen. */
  async exists(
    kind: KnownKind,
    at: { name: string; namespace: string | undefined },
  ): Promise<boolean | undefined> {
    const { name, namespace } = at;
    const items = await this.list(kind, {
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      ...(namespace === undefined ? {} : { namespace }),
    });
    return items === undefined ? undefined : items.length > 0;
  }

  note(what: string, why: string): void {
    this.#notChecked.add(`${what}: ${why}`);
  }

  /** Text of the cluster as one bounded line; masked before it is cut. */
  say(text: string | undefined): string {
    return cleanLine(this.#mask(cleanText(text ?? '')), messageChars);
  }

  async #try<Result>(what: string, read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      const why = error instanceof VigieError ? unseen.get(error.code) : undefined;
      if (why === undefined) throw error;
      this.note(what, why);
      return undefined;
    }
  }
}

const mayNot = 'Vigie may not read it';
const unseen: ReadonlyMap<string, string> = new Map([
  ['FORBIDDEN', mayNot],
  ['UNKNOWN_KIND', 'this cluster does not serve it'],
  ['OUT_OF_BOUNDS', 'lies outside of the environment'],
  ['SERVER_ERROR', 'the server failed to answer'],
]);

/** A kind of Kubernetes itself in whatever version the cluster prefers. */
function qualified(kind: KnownKind): string {
  return `${kind}.${groupOf(kind) || 'v1'}`;
}

/** The namespace of an object as a query wants it. */
export function inNamespaceOf({ metadata }: KubeObject): { namespace?: string } {
  return metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
}
