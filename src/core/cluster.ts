/** Which cluster stands behind a name. Two are the same only when both fields are. */
export interface ClusterIdentity {
  /** The uid of the namespace kube-system; where it may not be read, `unreadable`. */
  uid: string;
  /** SHA-256 over server URL, CA, TLS server name, proxy, insecure flag and impersonation: 64 hex digits. */
  connection: string;
  /** Whom the API server takes us for (SelfSubjectReview); empty where it does not say. */
  user: string;
  /** The server's URL, for people. */
  server: string;
}

export function sameCluster(a: ClusterIdentity, b: ClusterIdentity): boolean {
  return a.uid === b.uid && a.connection === b.connection && a.user === b.user;
}
