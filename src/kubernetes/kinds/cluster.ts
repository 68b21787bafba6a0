import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import type { Condition } from './condition.ts';

export interface Node extends KubeObject {
  spec?: {
    podCIDR?: string;
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string; timeAdded?: string }[];
  };
  status?: {
    conditions?: Condition[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: {
      kubeletVersion?: string;
      osImage?: string;
      kernelVersion?: string;
      containerRuntimeVersion?: string;
      architecture?: string;
      operatingSystem?: string;
    };
    capacity?: Record<string, Json>;
    allocatable?: Record<string, Json>;
  };
}

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export interface Lease extends KubeObject {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

export interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

export interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, Json> };
  status?: { hard?: Record<string, Json>; used?: Record<string, Json> };
}

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string };
    versions?: { name: string; served?: boolean; storage?: boolean; deprecated?: boolean }[];
  };
  status?: { conditions?: Condition[]; storedVersions?: string[] };
}

export interface ApiService extends KubeObject {
  spec: { service?: { namespace?: string; name?: string }; group?: string; version?: string };
  status?: { conditions?: Condition[] };
}
