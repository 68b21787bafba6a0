import type { JsonObject } from './json.ts';
import type { Ref } from './ref.ts';

/** Server-side apply of one object: creates it, or sets the fields it names. */
export interface K8sApply {
  kind: 'k8s-apply';
  target: Ref;
  manifest: JsonObject;
  /** Take fields over from other managers. Never set unasked. */
  force: boolean;
  /** True: the object must not exist yet (the undo of a delete). */
  mustCreate?: true;
  /** Keys of a Secret's data to be filled when it is written: key → alias declared under the environment's secrets. */
  secretData?: { [key: string]: string };
}

/** Patch of one existing object: a merge patch (RFC 7386), or one that merges lists by the keys of a built-in kind. */
export interface K8sPatch {
  kind: 'k8s-patch';
  target: Ref;
  /** The object that was read; another uid is another object. */
  uid: string;
  patch: JsonObject;
  /** Absent: a merge patch. */
  type?: 'strategic';
  subresource?: 'scale';
  /** Where in `patch` the caller's own values stand (JSON pointers, '' being all of it). Absent: nowhere. */
  said?: readonly string[];
  /** For a way back: the values that the patched fields must still have (a merge patch's shape); else it is a conflict. */
  expect?: JsonObject;
}

/** Deletion of the one object that was read. */
export interface K8sDelete {
  kind: 'k8s-delete';
  target: Ref;
  uid: string;
  propagation: 'Background' | 'Foreground' | 'Orphan';
  /** Absent: the object's own grace period. */
  gracePeriodSeconds?: number;
}

/** What a tool wants done to one target, as data. Times and random values are drawn when it is made, never later. */
export type Change = K8sApply | K8sPatch | K8sDelete;
