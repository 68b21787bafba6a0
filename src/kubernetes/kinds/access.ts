import type { KubeObject } from '../object.ts';
import type { ObjectReference } from './object-reference.ts';

export interface ServiceAccount extends KubeObject {
  secrets?: ObjectReference[];
  imagePullSecrets?: { name: string }[];
  automountServiceAccountToken?: boolean;
}

type RoleRef = { apiGroup?: string; kind: string; name: string };

export type Subject = { kind: string; name: string; namespace?: string };

export interface RoleBinding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}

export interface ClusterRoleBinding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}
