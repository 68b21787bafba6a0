import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import type { Condition } from './condition.ts';
import type { LabelSelector } from './label-selector.ts';
import type { ObjectReference } from './object-reference.ts';
import type { NodeSelector } from './scheduling.ts';

export interface PersistentVolumeClaim extends KubeObject {
  spec: {
    accessModes?: string[];
    volumeName?: string;
    selector?: LabelSelector;
    storageClassName?: string;
    volumeMode?: string;
    volumeAttributesClassName?: string;
    resources?: { requests?: Record<string, Json> };
  };
  status?: {
    phase?: string;
    accessModes?: string[];
    capacity?: Record<string, Json>;
    conditions?: Condition[];
    allocatedResourceStatuses?: Record<string, string>;
  };
}

export interface PersistentVolume extends KubeObject {
  spec: {
    capacity?: Record<string, Json>;
    accessModes?: string[];
    persistentVolumeReclaimPolicy?: string;
    claimRef?: ObjectReference;
    storageClassName?: string;
    volumeMode?: string;
    volumeAttributesClassName?: string;
    nodeAffinity?: { required?: NodeSelector };
  };
  status?: { phase?: string; lastPhaseTransitionTime?: string; reason?: string; message?: string };
}

export interface StorageClass extends KubeObject {
  provisioner: string;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
  allowVolumeExpansion?: boolean;
}
