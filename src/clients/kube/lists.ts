import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, textIn } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import { askedOfMany } from './asked.ts';
import { namespacesFor } from './bounds.ts';
import type { Channel } from './channel.ts';
import { namespacesFrom, readCursor, writeCursor } from './cursor.ts';
import { readGate } from './gates.ts';
import { listItemFrom } from './objects.ts';
import { type Query, resourcePath } from './paths.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface ListQuery {
  /** In any form that people use: `deploy`, `Deployment`, `deployments.apps`. */
  kind: string;
  apiVersion?: string;
  /** Absent: all that the environment covers. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Absent: limits.listPage. */
  limit?: number;
  /** From the page before. */
  continue?: string;
  /** True: only what stands under metadata travels, no spec and no value of a Secret. */
  metadataOnly?: true;
  /** True: of managedFields it stays who wrote and when, without the fields. */
  writers?: true;
}

/** One page of a list. */
export interface ListPage {
  /** Complete objects (or their metadata, where no more was asked for) without managedFields. */
  items: KubeObject[];
  /** Absent on the last page. */
  continue?: string;
  /** How many come after this page; absent where the server does not count them (selectors, several namespaces). */
  remaining?: number;
  resourceVersion: string;
}

/**
 * Where some of several namespaces may not be read, they are named here and the others listed; FORBIDDEN only where none
 * may. Without it one refusal ends the list: whoever gets to its end has seen all.
 */
export interface Partly {
  unread: Set<string>;
}

// Fewer, larger pages took 0.7 of the time that pages of 500 took; beyond this nothing is gained.
export const bulkPage = 1_000;
// A server that cannot leave the rest out answers with whole objects.
const metadataForm =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.1';
// When a page of large objects does not fit into limits.responseBytes.
const smallerPages = [100, 10, 1];

/** One request's worth of a list. */
interface PartQuery {
  namespace: string | undefined;
  limit: number;
  token: string | undefined;
  query: ListQuery;
}

/** One page, over the environment's namespaces when none is named. */
export async function listPage(
  channel: Channel,
  input: { kind: ResourceKind; query: ListQuery; partly: Partly | undefined },
): Promise<ListPage> {
  const { kind, query, partly } = input;
  const cursor = readCursor(query.continue);
  const wanted = query.limit ?? limits.listPage;
  const namespaces = namespacesFor(kind, { named: query.namespace, bounds: channel.bounds });
  if (namespaces === undefined || namespaces.length < 2) {
    const [namespace] = namespaces ?? [];
    if (namespaces?.length === 0) return { items: [], resourceVersion: '' };
    const page = await requestList(channel, kind, { namespace, limit: wanted, token: cursor.token, query });
    return page.continue === undefined ? page : { ...page, continue: writeCursor({ token: page.continue }) };
  }
  const items: KubeObject[] = [];
  let resourceVersion = '';
  let { token } = cursor;
  const left = namespacesFrom(namespaces, cursor);
  const refusals = refusalsAmong(namespaces, partly);
  for (const [index, namespace] of left.entries()) {
    const part = { namespace, limit: wanted - items.length, token, query };
    const page = await refusals.unless(namespace, () => requestList(channel, kind, part));
    items.push(...(page?.items ?? []));
    resourceVersion = page?.resourceVersion ?? resourceVersion;
    token = undefined;
    if (page?.continue !== undefined) {
      return { items, resourceVersion, continue: writeCursor({ namespace, token: page.continue }) };
    }
    const next = left[index + 1];
    if (items.length >= wanted && next !== undefined) {
      return { items, resourceVersion, continue: writeCursor({ namespace: next }) };
    }
  }
  refusals.throwIfAll();
  return { items, resourceVersion };
}

/** All pages of a list, in large pages; an object is never held twice. */
export async function* listEverything(
  channel: Channel,
  input: { kind: ResourceKind; query: ListQuery; partly: Partly | undefined },
): AsyncGenerator<KubeObject[]> {
  const { kind, query, partly } = input;
  const namespaces = namespacesFor(kind, { named: query.namespace, bounds: channel.bounds });
  const refusals = refusalsAmong(namespaces ?? [], partly);
  let pages = 0;
  for (const namespace of namespaces ?? [undefined]) {
    let token: string | undefined;
    let limit = query.limit ?? bulkPage;
    for (;;) {
      if (++pages > limits.listPages) {
        throw badResponse(
          'the server',
          `the list of ${kind.resource} does not end after ${limits.listPages} pages`,
        );
      }
      let page: ListPage | undefined;
      try {
        const part = { namespace, limit, token, query };
        page = await refusals.unless(namespace, () => requestList(channel, kind, part));
      } catch (error) {
        const smaller = smallerPages.find(size => size < limit);
        if (!isTooLarge(error) || smaller === undefined) throw error;
        limit = smaller;
        continue;
      }
      if (page === undefined) break;
      token = page.continue;
      yield page.items;
      if (token === undefined) break;
    }
  }
  refusals.throwIfAll();
}

/** Passes over the namespaces of several that may not be read. */
function refusalsAmong(namespaces: readonly string[], partly: Partly | undefined) {
  const refused: VigieError[] = [];
  return {
    async unless<Result>(
      namespace: string | undefined,
      read: () => Promise<Result>,
    ): Promise<Result | undefined> {
      try {
        return await read();
      } catch (error) {
        const passes = partly !== undefined && namespaces.length > 1 && namespace !== undefined;
        if (!passes || !(error instanceof VigieError) || error.code !== 'FORBIDDEN') throw error;
        refused.push(error);
        partly.unread.add(namespace);
        return undefined;
      }
    },
    throwIfAll(): void {
      const [first] = refused;
      if (first !== undefined && refused.length === namespaces.length) throw first;
    },
  };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof VigieError && error.details.tooLarge === true;
}

async function requestList(channel: Channel, kind: ResourceKind, part: PartQuery): Promise<ListPage> {
  const { namespace } = part;
  const { metadataOnly = false, writers = false } = part.query;
  const answer = await channel.read({
    method: 'GET',
    path: resourcePath(kind, { namespace }),
    query: listParameters(part),
    ...(metadataOnly ? { accept: metadataForm } : {}),
    gate: readGate,
    asked: askedOfMany(kind, { verb: 'list', namespace }),
  });
  const body = parseObject(answer.body, `the list of ${kind.resource}`);
  channel.seen(body, 'read');
  const items = itemsOf(body, kind.resource);
  const metadata = isObject(body.metadata) ? body.metadata : {};
  const next = textIn(metadata.continue);
  const { remainingItemCount } = metadata;
  assertWhole(metadata, kind.resource);
  return {
    items: items.map(item => listItemFrom(item, { kind, metadataOnly, writers })),
    resourceVersion: textIn(metadata.resourceVersion),
    ...(next === '' ? {} : { continue: next }),
    ...(typeof remainingItemCount === 'number' ? { remaining: remainingItemCount } : {}),
  };
}

/** Who takes any answer for an empty list finds nothing wrong in a cluster that said nothing. @throws VigieError BAD_RESPONSE */
export function itemsOf({ kind, items }: JsonObject, resource: string): Json[] {
  const isList = typeof kind === 'string' && kind.endsWith('List');
  // Servers that are written in Go say null for a list without members.
  if (isList && items === null) return [];
  if (!isList || !Array.isArray(items)) throw badResponse('the server', `it is no list of ${resource}`);
  return items;
}

/** @throws VigieError BAD_RESPONSE where more comes after a page that leads to no other */
export function assertWhole(metadata: JsonObject, resource: string): void {
  const { remainingItemCount } = metadata;
  if (typeof remainingItemCount === 'number' && remainingItemCount > 0 && textIn(metadata.continue) === '')
    throw badResponse(
      'the server',
      `it leaves out ${remainingItemCount} more ${resource}, and no way to them`,
    );
}

export function listParameters(part: { limit: number; token: string | undefined; query: ListQuery }): Query {
  const { labelSelector, fieldSelector } = part.query;
  return [
    ['limit', String(part.limit)],
    ...(labelSelector === undefined ? [] : [['labelSelector', labelSelector] as const]),
    ...(fieldSelector === undefined ? [] : [['fieldSelector', fieldSelector] as const]),
    ...(part.token === undefined ? [] : [['continue', part.token] as const]),
  ];
}
