import type { Actor } from './actor.ts';
import type { Change } from './change.ts';
import type { ClusterIdentity } from './cluster.ts';
import type { Gate } from './gate.ts';
import type { JsonObject } from './json.ts';
import type { Preview, Risk } from './preview.ts';

/** Everything a person decides on. Sealed at rest, since previews hold unredacted values. */
export interface Plan {
  version: 1;
  /** Eight base32 characters: a name, not a capability. The same id is ticket, change and undo handle. */
  id: string;
  tool: string;
  input: JsonObject;
  environment: string;
  cluster: ClusterIdentity;
  actor: Actor;
  /** The agent's own words for it; shown last and quoted. */
  reason?: string;
  changes: Change[];
  previews: Preview[];
  risk: Risk;
  /** HMAC with the installation's key over what the changes set, target uids, cluster and namespaces: 64 hex digits. */
  digest: string;
  /** Seconds to wait for health after applying. */
  waitSeconds: number;
  /** The change this one takes back. */
  undoOf?: string;
  /** Present: approving it sends nothing, and lets a run make these changes later. */
  gate?: Gate;
  /** Groups that may decide it, of those that policy lets; absent: all of those. */
  from?: string[];
  /** Of a step that a gate was for, and that does something else than it showed. */
  outside?: { gate: string; why: string };
  createdAt: string;
  /** ISO 8601; nobody can approve it from then on. */
  expiresAt: string;
}
