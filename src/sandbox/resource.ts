import type { CustomColumn } from '../kubernetes/table/custom.ts';

/** A subresource as discovery lists it. */
export interface Subresource {
  name: string;
  kind: { group: string; version: string; kind: string };
  verbs: readonly string[];
}

/** One resource that the cluster serves under one group and version. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: readonly Subresource[];
  /** Comes from a CustomResourceDefinition: no schema of ours checks or completes its objects. */
  custom: boolean;
  /** Columns of a custom resource for tables; the built-in ones have printers. */
  columns?: readonly CustomColumn[];
}

/** Two versions of a resource share their objects, and core/v1 and events.k8s.io/v1 share the events. */
export function storageOf(resource: Resource): string {
  return resource.plural === 'events' ? '/events' : `${resource.group}/${resource.plural}`;
}

export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export function hasSubresource(resource: Resource, name: string): boolean {
  return resource.subresources.some(subresource => subresource.name === name);
}
