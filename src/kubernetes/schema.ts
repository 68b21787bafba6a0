/** One kind the API server serves, as discovery describes it. */
export interface KindInfo {
  apiVersion: string;
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly SubresourceInfo[];
  /** The name of the kind's definition in the bundle. */
  definition: string;
}

/** A subresource (`status`, `scale`, `log` …) and the kind it exchanges. */
export interface SubresourceInfo {
  name: string;
  apiVersion: string;
  kind: string;
  verbs: readonly string[];
}

export function allKinds(): readonly KindInfo[] {
  return [];
}

export function kindInfo(apiVersion: string, kind: string): KindInfo | undefined {
  return allKinds().find(info => info.apiVersion === apiVersion && info.kind === kind);
}

export function kindOfResource(at: { group: string; version: string; plural: string }): KindInfo | undefined {
  return allKinds().find(
    info => info.plural === at.plural && info.group === at.group && info.version === at.version,
  );
}
