import { isObject, type JsonObject, textIn } from '../../core/json.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { KnownKind, ObjectOf } from '../../kubernetes/kinds.ts';
import { type KubeObject, splitApiVersion } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import { assertWithin, namespaceFor } from './bounds.ts';
import type { Channel } from './channel.ts';
import { discover } from './discover.ts';
import type { Discovery } from './discovery.ts';
import { readGate } from './gates.ts';
import { type ListPage, type ListQuery, listEverything, listPage, type Partly } from './lists.ts';
import { type LogQuery, logLines } from './logs.ts';
import { objectFrom } from './objects.ts';
import { type ApiPath, resourcePath, serverPath } from './paths.ts';
import { isNotFound } from './refusals.ts';
import type { ResourceKind } from './resource-kind.ts';
import type { Schemas } from './schemas.ts';
import { type TablePage, type TableQuery, tablePage } from './tables.ts';
import { type WatchEvent, type WatchQuery, watchEvents } from './watches.ts';

export type { ListPage, ListQuery, LogQuery, ResourceKind, TablePage, TableQuery, WatchEvent, WatchQuery };

export interface AccessQuestion {
  verb: string;
  /** Absent: the core group. */
  group?: string;
  /** The plural: `deployments`. */
  resource: string;
  subresource?: string;
  /** Absent: in all namespaces, or a cluster-scoped resource. */
  namespace?: string;
  /** Absent: any. */
  name?: string;
}

/**
 * Everything that can be asked of a cluster without changing it, for one call. Every method may throw VigieError
 * OUT_OF_BOUNDS, FORBIDDEN, UNAUTHENTICATED, UNREACHABLE, TIMEOUT, BAD_RESPONSE, SERVER_ERROR or CANCELLED.
 */
export class KubeReader {
  readonly #channel: Channel;
  readonly #discovery: Discovery;
  readonly #schemas: Schemas;

  constructor(channel: Channel, shared: { discovery: Discovery; schemas: Schemas }) {
    this.#channel = channel;
    this.#discovery = shared.discovery;
    this.#schemas = shared.schemas;
  }

  /** False where the environment is some namespaces of the cluster: a list over all of them is not all there is. */
  get seesAllNamespaces(): boolean {
    return this.#channel.bounds.namespaces === undefined;
  }

  /** Finds a kind by what people call it: `deploy`, `deployments`, `Deployment`, `deployments.apps`. @throws VigieError UNKNOWN_KIND */
  resolve(kind: string, apiVersion?: string): Promise<ResourceKind> {
    return this.#discovery.resolve(this.#channel, { kind, apiVersion });
  }

  /** All kinds, each once, in its preferred version. */
  async kinds(): Promise<ResourceKind[]> {
    const preferred = new Map<string, ResourceKind>();
    for (const kind of await this.#discovery.kinds(this.#channel)) {
      const id = `${kind.resource}.${splitApiVersion(kind.apiVersion).group}`;
      if (!preferred.has(id)) preferred.set(id, kind);
    }
    return [...preferred.values()];
  }

  /** Versions, as `apps/v1`, that something serves which did not answer: which kinds these have is not known. */
  unlistedVersions(): Promise<readonly string[]> {
    return this.#discovery.unlisted(this.#channel);
  }

  /** @throws VigieError NOT_FOUND, UNKNOWN_KIND, INVALID_INPUT without a namespace where several are possible */
  get<K extends KnownKind>(ref: Ref & { kind: K }): Promise<ObjectOf<K>>;
  get(ref: Ref): Promise<KubeObject>;
  async get(ref: Ref): Promise<KubeObject> {
    const kind = await this.resolve(ref.kind, ref.apiVersion);
    const namespace = await this.#namespaceFor(kind, ref.namespace);
    const { name } = ref;
    const answer = await this.#channel.read({
      method: 'GET',
      path: resourcePath(kind, { namespace, name }),
      gate: readGate,
      oneObject: true,
      asked: {
        verb: 'get',
        what: describeRef({ kind: kind.kind, name, ...(namespace === undefined ? {} : { namespace }) }),
        resource: kind.resource,
        namespace,
        secret: kind.kind === 'Secret',
      },
    });
    const body = parseObject(answer.body, `${kind.kind}/${name}`);
    this.#channel.seen(body, 'read');
    return objectFrom(body, { kind });
  }

  /** As get; undefined where the object does not exist. */
  find<K extends KnownKind>(ref: Ref & { kind: K }): Promise<ObjectOf<K> | undefined>;
  find(ref: Ref): Promise<KubeObject | undefined>;
  async find(ref: Ref): Promise<KubeObject | undefined> {
    try {
      return await this.get(ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One page. @throws VigieError UNKNOWN_KIND, INVALID_INPUT for a wrong selector or an expired cursor */
  async list(query: ListQuery, partly?: Partly): Promise<ListPage> {
    const kind = await this.resolve(query.kind, query.apiVersion);
    return listPage(this.#channel, { kind, query, partly });
  }

  /** Page after page to the end, over the environment's namespaces when none is named. */
  async *listAll(query: ListQuery, partly?: Partly): AsyncGenerator<KubeObject[]> {
    const kind = await this.resolve(query.kind, query.apiVersion);
    yield* listEverything(this.#channel, { kind, query, partly });
  }

  /** Rows as the server prints them: `limit` of them, or all when it is absent. */
  async table(query: TableQuery): Promise<TablePage> {
    const kind = await this.resolve(query.kind, query.apiVersion);
    const namespaceKind = kind.namespaced ? await this.resolve('Namespace', 'v1') : undefined;
    return tablePage(this.#channel, { kind, namespaceKind, query });
  }

  /** The lines of one container's log. @throws VigieError NOT_FOUND, INVALID_INPUT when a container must be named */
  async *log(query: LogQuery): AsyncGenerator<string> {
    yield* logLines(this.#channel, { kind: await this.resolve('Pod', 'v1'), query });
  }

  /** Changes as they happen; see watchEvents for what a reader must expect. */
  async *watch(query: WatchQuery): AsyncGenerator<WatchEvent> {
    const kind = await this.resolve(query.kind, query.apiVersion);
    const everywhere = this.#channel.bounds.namespaces === undefined && query.name === undefined;
    const namespace =
      query.namespace ?? (everywhere ? undefined : await this.#namespaceFor(kind, query.namespace));
    yield* watchEvents(this.#channel, { kind, namespace, query });
  }

  /** The schemas of the server's own OpenAPI for one group and version, by name. @throws VigieError SERVER_ERROR where it has none */
  schemas(apiVersion: string): Promise<JsonObject> {
    return this.#schemas.of(this.#channel, apiVersion);
  }

  /** Whether the cluster's access rules would let us. */
  async canI(question: AccessQuestion): Promise<{ allowed: boolean; reason: string }> {
    this.#within(question.namespace);
    const status = await this.#review('selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...question } },
    });
    return { allowed: status.allowed === true, reason: textIn(status.reason) };
  }

  /** Whether they would let somebody else; asking needs a right of its own. @throws VigieError FORBIDDEN */
  async canThey(
    subject: { user: string; groups: readonly string[] },
    question: AccessQuestion,
  ): Promise<{ allowed: boolean; reason: string }> {
    this.#within(question.namespace);
    const status = await this.#review('subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: subject.user, groups: [...subject.groups], resourceAttributes: { ...question } },
    });
    return { allowed: status.allowed === true, reason: textIn(status.reason) };
  }

  /** What we may do in a namespace: `{resourceRules, nonResourceRules, incomplete}`. */
  async rules(namespace: string): Promise<JsonObject> {
    this.#within(namespace);
    return this.#review('selfsubjectrulesreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    });
  }

  /** `v1.36.2`. */
  async serverVersion(): Promise<string> {
    const answer = await this.#channel.read(discover(serverPath('version')));
    return textIn(parseObject(answer.body, 'the version').gitVersion);
  }

  /** A review goes to the server's own path; what it asks about has to lie within the environment all the same. */
  #within(namespace: string | undefined): void {
    if (namespace === undefined) return;
    assertWithin(this.#channel.bounds, { text: '', scope: 'namespace', namespace }, 'read');
  }

  async #review(resource: string, body: JsonObject): Promise<JsonObject> {
    const path: ApiPath = serverPath('apis', 'authorization.k8s.io', 'v1', resource);
    const what = resource === 'subjectaccessreviews' ? 'the rights of others' : 'our own rights';
    const asked = { verb: 'review', what, resource };
    const answer = await this.#channel.read({ method: 'POST', path, body, gate: readGate, asked });
    const { status } = parseObject(answer.body, 'the review');
    if (!isObject(status)) throw badResponse('the review', 'it has no status');
    return status;
  }

  async #namespaceFor(kind: ResourceKind, named: string | undefined): Promise<string | undefined> {
    const { namespace: fallback } = await this.#channel.line();
    return namespaceFor(kind, { named, bounds: this.#channel.bounds, fallback });
  }
}
