import type { Json, JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { KnownKind, ObjectOf } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface ListQuery {
  kind: string;
  apiVersion?: string;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
}

export interface ListPage {
  items: KubeObject[];
  continue?: string;
  remaining?: number;
  resourceVersion: string;
}

export interface TablePage {
  columns: { name: string; priority: number; type: string }[];
  rows: { cells: Json[]; namespace?: string; name?: string }[];
  continue?: string;
  remaining?: number;
}

export interface LogQuery {
  namespace: string;
  pod: string;
  container?: string;
  previous?: boolean;
  sinceSeconds?: number;
  sinceTime?: string;
  tailLines?: number;
  timestamps?: boolean;
  follow?: boolean;
  limitBytes?: number;
}

export interface WatchQuery {
  kind: string;
  apiVersion?: string;
  namespace?: string;
  name?: string;
  labelSelector?: string;
  resourceVersion?: string;
  timeoutSeconds?: number;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: KubeObject;
}

export interface AccessQuestion {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** Everything that can be asked of a cluster without changing it. */
export class KubeReader {
  resolve(kind: string, apiVersion?: string): Promise<ResourceKind> {
    void apiVersion;
    throw new Error(kind);
  }
  kinds(): Promise<ResourceKind[]> {
    throw new Error('not yet');
  }
  get<K extends KnownKind>(ref: Ref & { kind: K }): Promise<ObjectOf<K>>;
  get(ref: Ref): Promise<KubeObject>;
  get(ref: Ref): Promise<KubeObject> {
    throw new Error(ref.kind);
  }
  find<K extends KnownKind>(ref: Ref & { kind: K }): Promise<ObjectOf<K> | undefined>;
  find(ref: Ref): Promise<KubeObject | undefined>;
  find(ref: Ref): Promise<KubeObject | undefined> {
    throw new Error(ref.kind);
  }
  list(query: ListQuery): Promise<ListPage> {
    throw new Error(query.kind);
  }
  listAll(query: ListQuery): AsyncIterable<KubeObject[]> {
    throw new Error(query.kind);
  }
  table(query: ListQuery & { wide?: boolean }): Promise<TablePage> {
    throw new Error(query.kind);
  }
  log(query: LogQuery): AsyncIterable<string> {
    throw new Error(query.pod);
  }
  watch(query: WatchQuery): AsyncIterable<WatchEvent> {
    throw new Error(query.kind);
  }
  canI(question: AccessQuestion): Promise<{ allowed: boolean; reason: string }> {
    throw new Error(question.verb);
  }
  rules(namespace: string): Promise<JsonObject> {
    throw new Error(namespace);
  }
  serverVersion(): Promise<string> {
    throw new Error('not yet');
  }
}
