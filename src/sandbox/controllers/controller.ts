import type { Ref } from '../../core/ref.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ObjectView } from '../../kubernetes/object-view.ts';
import type { World } from '../world.ts';

/** What a controller may read: the objects as they stand. */
export interface ClusterView extends ObjectView {
  withUid(uid: string): KubeObject | undefined;
  /** The objects that name the uid among their owners. */
  dependentsOf(uid: string): readonly KubeObject[];
  /** The objects of a kind that no controller has, in all namespaces: those that one may adopt. */
  unowned(kind: string): readonly KubeObject[];
  /** The pods of a node; `''`: those that have none yet. */
  podsOn(node: string): readonly KubeObject[];
  /** How the world's images behave: start time, ports, log lines. */
  readonly world: World;
}

/** One effect a controller asks for. The cluster applies it through the same door as a request of a client. */
export type Operation =
  | {
      do: 'create';
      object: KubeObject;
      /** What follows instead of all later operations of the same answer when admission refuses the object. */
      refused?: (why: string) => Operation[];
    }
  | { do: 'update'; object: KubeObject } // spec and metadata
  | { do: 'status'; object: KubeObject } // status only
  | {
      do: 'delete';
      target: Ref;
      uid: string;
      propagation?: 'Background' | 'Orphan' | 'Foreground';
      graceSeconds?: number;
    }
  | {
      do: 'event';
      about: KubeObject;
      type: 'Normal' | 'Warning';
      reason: string;
      message: string;
      from: string;
      /** The part of the object that it is about: `spec.containers{web}`. */
      part?: string;
    };

/** What a controller answers. wakeAt: the next moment (ms since epoch) at which time alone gives it work. */
export interface Reconciled {
  operations: Operation[];
  wakeAt?: number;
}

/** One controller: pure, so that a whole life of a cluster can be replayed in a test. */
export interface Controller {
  /** `deployment`, `replicaset` … */
  name: string;
  /** The kinds whose changes wake it. */
  watches: readonly string[];
  /** The keys that a change of an object concerns, each looked at by itself. Absent: it looks at everything at once. */
  keysOf?(changed: KubeObject, view: ClusterView): readonly string[];
  /** What has to happen now. It must settle: with its own operations applied and no time passed it returns none. */
  reconcile(view: ClusterView, nowMs: number, key: string): Reconciled;
}
