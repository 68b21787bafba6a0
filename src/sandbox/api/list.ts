import { isObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { type FieldProblem, forbidden, notSupported } from '../../kubernetes/validation/problem.ts';
import type { Cluster } from '../cluster.ts';
import { apiVersionOf, type Resource, storageOf } from '../resource.ts';
import { keyOf } from '../state.ts';
import { badRequest, failure, invalid } from '../status.ts';
import { chooseShown } from './accept.ts';
import { type Exchange, sendText } from './exchange.ts';
import { parseSelection, type Selection } from './select.ts';
import { includeOf, tableText } from './table-view.ts';
import { itemText, listText, metadataText } from './text.ts';

export interface ListTarget {
  resource: Resource;
  namespace: string | undefined;
}

/** Answers a LIST: whole, page by page at one revision, as a table or as metadata only. */
export async function answerList(exchange: Exchange, target: ListTarget): Promise<void> {
  const { cluster, query, request } = exchange;
  const { resource } = target;
  const shown = chooseShown(request.headers.accept);
  const include = shown === 'table' ? includeOf(query) : 'Metadata';
  const page = selectPage(cluster, { target, query, selection: parseSelection(resource, query) });
  const { metadata, objects } = page;
  switch (shown) {
    case 'table': {
      const text = tableText(cluster, { resource, objects, metadata, include, columns: true });
      await sendText(exchange, { text: `${text}\n` });
      return;
    }
    case 'metadata': {
      const as = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
      await sendText(exchange, { text: listText(as, { metadata, items: objects.map(metadataText) }) });
      return;
    }
    case 'whole': {
      const as = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
      const items = objects.map(object => itemText(resource, object));
      // Custom resources go another way on a real server, on which nothing is left out.
      const whole = resource.custom ? { continue: '', ...metadata } : metadata;
      await sendText(exchange, { text: listText(as, { metadata: whole, items }) });
    }
  }
}

interface Token {
  revision: number;
  /** Where the next page starts; itself not in it any more. */
  after: string;
}

interface Page {
  objects: KubeObject[];
  metadata: JsonObject;
}

function selectPage(
  cluster: Cluster,
  { target, query, selection }: { target: ListTarget; query: URLSearchParams; selection: Selection },
): Page {
  requireListOptions(query);
  // What is answered from the cache of a real server comes whole.
  const isAnyVersion = query.get('resourceVersion') === '0';
  const asked = query.get('limit') ?? '0';
  const limit =
    isAnyVersion || /^-\d+$/.test(asked)
      ? Number.POSITIVE_INFINITY
      : wholeNumber(asked, 'limit') || Number.POSITIVE_INFINITY;
  const token = query.get('continue') ? readToken(query.get('continue') ?? '') : undefined;
  const prefix = target.namespace === undefined ? '' : `${target.namespace}/`;
  const revision = revisionFor(cluster, { query, token });
  const storage = storageOf(target.resource);
  const all = cluster.state.listAt(storage, { revision, prefix });
  const start = token === undefined ? 0 : firstAfter(all, token.after);
  const objects: KubeObject[] = [];
  let index = start;
  for (; index < all.length && objects.length < limit; index++) {
    const object = all[index];
    if (object !== undefined && selection.matches(object)) objects.push(object);
  }
  const last = all[index - 1];
  const metadata: JsonObject = { resourceVersion: String(revision) };
  if (index < all.length && last !== undefined) {
    const after = keyOf(last.metadata.namespace, last.metadata.name);
    metadata['continue'] = writeToken({ revision, after: after.slice(prefix.length) });
    // With a selector nobody knows how many of the rest match.
    if (selection.everything) metadata['remainingItemCount'] = all.length - index;
  }
  return { objects, metadata };

  function firstAfter(list: readonly KubeObject[], after: string): number {
    const wanted = prefix + after;
    const found = list.findIndex(each => keyOf(each.metadata.namespace, each.metadata.name) > wanted);
    return found < 0 ? list.length : found;
  }
}

/** How exactly a version is meant. */
export const matchField = 'resourceVersionMatch';

function requireListOptions(query: URLSearchParams): void {
  if (query.get('sendInitialEvents') !== null) {
    throw invalidOptions(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (!query.get('resourceVersionMatch')) return;
  const details = [
    ...(query.get('resourceVersion') ? [] : ['unless resourceVersion is provided']),
    ...(query.get('continue') ? ['when continue is provided'] : []),
  ].map(when => `resourceVersionMatch is forbidden ${when}`);
  if (details.length > 0) throw invalidOptions(...details.map(each => forbidden(matchField, each)));
}

/** The revision at which the list is shown: the present one unless a token or an exact version says otherwise. */
function revisionFor(
  cluster: Cluster,
  { query, token }: { query: URLSearchParams; token: Token | undefined },
): number {
  const { revision, forgotten } = cluster.state;
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    const supported = ['Exact', 'NotOlderThan', ''];
    throw invalidOptions(notSupported(matchField, { value: match, supported }));
  }
  if (token !== undefined) {
    if (version !== '' && version !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    if (token.revision === -1) return revision;
    if (token.revision < forgotten) throw expiredToken(token);
    return token.revision;
  }
  if (version === '' || version === '0') {
    if (match === 'Exact') {
      const detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      throw invalidOptions(forbidden(matchField, detail));
    }
    return revision;
  }
  const wanted = wholeNumber(version, 'resourceVersion');
  if (wanted > revision) throw fromTheFuture(wanted, revision);
  // Without a rule, a limit means exactly this version.
  const exact = match === 'Exact' || (match === '' && wholeNumber(query.get('limit') ?? '0', 'limit') > 0);
  if (!exact) return revision;
  if (wanted < forgotten) {
    throw failure(410, {
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    });
  }
  return wanted;
}

export function invalidOptions(...problems: FieldProblem[]): Error {
  return invalid({ apiVersion: 'meta.k8s.io/v1', kind: 'ListOptions', name: '' }, problems);
}

export function wholeNumber(text: string, what: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (what === 'resourceVersion') {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
}

function fromTheFuture(wanted: number, current: number): Error {
  return failure(504, {
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

/** The answer carries a token for the rest as it is now, as the real server offers it. */
function expiredToken(token: Token): Error {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  const error = failure(410, { reason: 'Expired', message });
  error.details['metadata'] = { continue: writeToken({ ...token, revision: -1 }) };
  return error;
}

function writeToken({ revision, after }: Token): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: `/${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): Token {
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw badRequest('continue key is not valid: invalid continue token: it is no base64 of JSON');
  }
  if (!isObject(token) || token['v'] !== 'meta.k8s.io/v1') {
    throw badRequest(
      'continue key is not valid: invalid continue token: server does not recognize this encoded version',
    );
  }
  const { rv, start } = token;
  if (typeof rv !== 'number' || typeof start !== 'string' || rv === 0) {
    throw badRequest(
      'continue key is not valid: invalid continue token: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  }
  return {
    revision: rv,
    after: start.slice(start.startsWith('/') ? 1 : 0, start.endsWith('\u0000') ? -1 : undefined),
  };
}
