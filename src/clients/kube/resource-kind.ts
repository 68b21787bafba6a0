/** One kind the cluster serves, as its discovery says. */
export interface ResourceKind {
  kind: string;
  apiVersion: string;
  /** The plural that stands in paths: `deployments`. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  subresources: readonly string[];
}
