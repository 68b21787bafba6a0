import { isObject, type Json, textsIn } from '../core/json.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { apiVersionOf, type Resource, type Subresource } from './resource.ts';

/** What the cluster serves: the built-in resources, those of other servers behind it, and those that CustomResourceDefinitions add. */
export class Resources {
  #custom = new Map<string, Resource[]>();
  #own: readonly Resource[];
  #all: readonly Resource[];

  constructor(own: readonly Resource[]) {
    this.#own = own;
    this.#all = own;
  }

  all(): readonly Resource[] {
    return this.#all;
  }

  find(group: string, { version, plural }: { version: string; plural: string }): Resource | undefined {
    return this.all().find(
      each => each.group === group && each.version === version && each.plural === plural,
    );
  }

  /** By kind; without an apiVersion the first that has it. */
  ofKind(kind: string, apiVersion?: string): Resource | undefined {
    return this.all().find(
      each => each.kind === kind && (apiVersion === undefined || apiVersionOf(each) === apiVersion),
    );
  }

  servesGroup(group: string): boolean {
    return this.all().some(each => each.group === group);
  }

  /** Serves what a definition describes, or, when it is gone, no longer. */
  define(definition: KubeObject): void {
    this.#custom.set(definition.metadata.name, resourcesOf(definition));
    this.#gather();
  }

  /** Serves the resources of a definition no longer, and returns them. */
  undefine(name: string): Resource[] {
    const gone = this.#custom.get(name) ?? [];
    this.#custom.delete(name);
    this.#gather();
    return gone;
  }

  #gather(): void {
    this.#all = [...this.#own, ...[...this.#custom.values()].flat()];
  }
}

const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function resourcesOf(definition: KubeObject): Resource[] {
  const spec = definition.spec ?? {};
  const { group, names, versions } = spec;
  if (typeof group !== 'string' || !isObject(names) || !Array.isArray(versions)) return [];
  const { plural, kind, singular } = names;
  if (typeof plural !== 'string' || typeof kind !== 'string') return [];
  return versions.flatMap(version => {
    if (!isObject(version) || typeof version['name'] !== 'string' || version['served'] !== true) return [];
    const own = { group, version: version['name'], kind };
    const declared = isObject(version['subresources']) ? version['subresources'] : {};
    const subresources: Subresource[] = [];
    if (isObject(declared['status'])) {
      subresources.push({ name: 'status', kind: own, verbs: ['get', 'patch', 'update'] });
    }
    if (isObject(declared['scale'])) {
      const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
      subresources.push({ name: 'scale', kind: scale, verbs: ['get', 'patch', 'update'] });
    }
    return [
      {
        ...own,
        plural,
        singular: typeof singular === 'string' ? singular : kind.toLowerCase(),
        namespaced: spec['scope'] !== 'Cluster',
        verbs: customVerbs,
        shortNames: textsIn(names['shortNames']),
        categories: textsIn(names['categories']),
        subresources,
        custom: true,
        columns: columnsOf(version['additionalPrinterColumns']),
      },
    ];
  });
}

function columnsOf(declared: Json | undefined): NonNullable<Resource['columns']> {
  if (!Array.isArray(declared)) return [];
  return declared.flatMap(column => {
    if (!isObject(column)) return [];
    const { name, type, jsonPath, priority } = column;
    if (typeof name !== 'string' || typeof type !== 'string' || typeof jsonPath !== 'string') return [];
    return [{ name, type, jsonPath, ...(typeof priority === 'number' ? { priority } : {}) }];
  });
}
