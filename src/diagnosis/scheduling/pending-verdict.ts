import type { Fix } from '../../core/finding.ts';
import type { Ref } from '../../core/ref.ts';

export type PendingCode =
  | 'POD_TOO_LARGE'
  | 'NO_ROOM'
  | 'NODE_LABEL_MISSING'
  | 'NODE_AFFINITY_UNMET'
  | 'NEIGHBOUR_MISSING'
  | 'ANTI_AFFINITY_FULL'
  | 'NODES_TAINTED'
  | 'NODES_CLOSED'
  | 'SPREAD_UNMET'
  | 'HOST_PORT_TAKEN';

/** What only a scheduler says: which filter the nearest nodes fail, and of which resources there is too little. */
export interface Saying {
  said: 'taint' | 'selector' | 'host-port' | 'resources' | 'spread' | 'affinity';
  short: readonly string[];
  apart: boolean;
}

/** The words of a finding about a pod that has no node. */
export interface Told {
  code: PendingCode;
  summary: string;
  evidence: string[];
  cause?: string;
  fixes?: Fix[];
  question?: string;
  dependsOn?: Ref[];
}
