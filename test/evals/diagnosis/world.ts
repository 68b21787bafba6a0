import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Ref } from '../../../src/core/ref.ts';
import type { Row } from '../../../src/diagnosis/rows.ts';
import type { RecordedChange } from '../../../src/diagnosis/snapshot.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Life } from './lives.ts';

/**
 * `sandbox`: planted in the simulated cluster and played. `dump`: objects with statuses and events as a kubelet and the
 * controllers write them. `spec`: the same without any status, event or pod. `recorded`: on a real API server.
 */
export type Way = 'sandbox' | 'dump' | 'spec' | 'recorded';

/** What a diagnosis must say of one planted fault. */
export interface Label {
  row: Row;
  object: Ref;
  /** What is as good an answer, and why. */
  also?: readonly { row?: Row; object?: Ref; why: string }[];
}

/** Where and under which names a fault is planted: the same fault in three clusters is three worlds. */
export interface Place {
  namespace: string;
  way: Way;
  name(base: string): string;
  labels(base: string): Record<string, string>;
}

/** A fault as data: what is declared, and how its pods fare, as a kubelet tells it. */
export interface Planted {
  objects: KubeObject[];
  /** By the workload's base name; who is not named fares well. */
  lives?: Record<string, Life>;
  /** Told of objects that are no pods. */
  events?: { about: Ref; reason: string; message: string; from: string; type?: 'Normal' }[];
  /** Changes made after all was created, oldest first. */
  after?: Step[];
  /** So many of a workload's pods fare as `lives` says, and were replaced by others that fare well. By base name. */
  replaced?: Record<string, number>;
  /** How many of a workload's pods were made at all; absent: all. By base name. */
  made?: Record<string, number>;
  /** Laid over the derived status of a workload. By base name. */
  statuses?: Record<string, JsonObject>;
  /** Laid over the nodes of the cluster, by name. */
  nodes?: Record<string, JsonObject>;
  changes?: RecordedChange[];
  labels: Label[];
}

export interface Step {
  /** `call`: a tool of Vigie's, where one runs. */
  do: 'create' | 'delete' | 'patch' | 'wait' | 'call';
  target?: Ref & { apiVersion: string };
  patch?: Json;
  waitSeconds?: number;
  objects?: KubeObject[];
  tool?: string;
  input?: JsonObject;
}

export interface Fault {
  name: string;
  row: Row;
  /** Absent: all but `spec`. */
  ways?: readonly Way[];
  /** It belongs to the whole cluster: no other fault may be planted beside it. */
  alone?: true;
  plant(at: Place): Planted;
}
