import type { JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ObjectView } from '../../kubernetes/object-view.ts';

/** Notes are counted only: what a person may well have meant so. */
export type AuditSeverity = 'high' | 'medium' | 'low' | 'note';

/** Where a rule comes from. */
export interface Source {
  /** The public standard and its section. */
  name: string;
  url: string;
}

/** What the rules look around in, beside the object itself. */
export interface AuditView extends ObjectView {
  /** False: files, which may be a part of what runs, and in which anything may still be changed. */
  live: boolean;
  /** Whether all objects of a kind are at hand, so that one that is not among them does not exist. */
  sees(kind: string, namespace?: string): boolean;
  /** What makes an object again when it is gone, where that is there; what is only written into it counts for nothing. */
  makerOf(object: KubeObject): KubeObject | undefined;
  nowMs: number;
  /** The minor version that the objects are to run on: 36 of 1.36. */
  targetMinor: number;
  /** Of the API server; undefined: files, or it did not say. */
  serverMinor: number | undefined;
  /** Whether what lies in a namespace serves people: one replica less is an outage there. */
  isProduction(namespace: string | undefined): boolean;
}

/** One place where an object breaks a rule. */
export interface Place {
  /** `spec.template.spec.containers[0].image`. */
  path: string;
  message: string;
  /** Absent: the rule's. */
  severity?: AuditSeverity;
  /**
   * A strategic merge patch that makes the rule pass and leaves the object valid. With a `question` it may stop the
   * program, unless that is answered.
   */
  patch?: JsonObject;
  /** An object to be added instead. */
  adds?: JsonObject;
  /** What has to be known first; without a patch, what a patch would need. */
  question?: string;
}

/** One rule, as data: docs/audit-rules.md is made from these. */
export interface Rule {
  /** kebab-case; stands in annotations and reports, and stays. */
  id: string;
  title: string;
  severity: AuditSeverity;
  /** `pods`: whatever has or makes pods; `all`: every object. */
  appliesTo: 'pods' | 'all' | readonly string[];
  /** Only of manifests: a server has looked at its objects already. */
  filesOnly?: true;
  source: Source;
  /** What happens otherwise, in one sentence. */
  why: string;
  check(object: KubeObject, view: AuditView): Place[];
}

/** A broken rule. */
export interface AuditFinding extends Place {
  rule: string;
  severity: AuditSeverity;
  object: Ref;
}
