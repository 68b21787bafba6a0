/*
 * Versions of the API that went away or will, by the deprecation guide of Kubernetes and, for those to come, by what a
 * server of 1.36.2 itself warns of (`unavailable in v1.38+`): that follows the rule that a beta version of a kind is
 * deprecated three minor versions after it came and removed after three more.
 */

export interface Removal {
  apiVersion: string;
  /** Absent: all kinds of the version. */
  kinds?: readonly string[];
  /** The minor version of 1.x that serves it no longer. */
  removed: number;
  /** What has taken its place; absent: nothing. */
  use?: string;
}

const removals: readonly Removal[] = [
  { apiVersion: 'extensions/v1beta1', kinds: ['Ingress'], removed: 22, use: 'networking.k8s.io/v1' },
  { apiVersion: 'extensions/v1beta1', kinds: ['NetworkPolicy'], removed: 16, use: 'networking.k8s.io/v1' },
  {
    apiVersion: 'extensions/v1beta1',
    kinds: ['Deployment', 'DaemonSet', 'ReplicaSet'],
    removed: 16,
    use: 'apps/v1',
  },
  { apiVersion: 'apps/v1beta1', removed: 16, use: 'apps/v1' },
  { apiVersion: 'apps/v1beta2', removed: 16, use: 'apps/v1' },
  {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kinds: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
    removed: 22,
    use: 'admissionregistration.k8s.io/v1',
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1beta1',
    kinds: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
    removed: 34,
    use: 'admissionregistration.k8s.io/v1',
  },
  { apiVersion: 'apiextensions.k8s.io/v1beta1', removed: 22, use: 'apiextensions.k8s.io/v1' },
  { apiVersion: 'apiregistration.k8s.io/v1beta1', removed: 22, use: 'apiregistration.k8s.io/v1' },
  {
    apiVersion: 'certificates.k8s.io/v1beta1',
    kinds: ['CertificateSigningRequest'],
    removed: 22,
    use: 'certificates.k8s.io/v1',
  },
  { apiVersion: 'coordination.k8s.io/v1beta1', kinds: ['Lease'], removed: 22, use: 'coordination.k8s.io/v1' },
  {
    apiVersion: 'networking.k8s.io/v1beta1',
    kinds: ['Ingress', 'IngressClass'],
    removed: 22,
    use: 'networking.k8s.io/v1',
  },
  {
    apiVersion: 'networking.k8s.io/v1beta1',
    kinds: ['IPAddress', 'ServiceCIDR'],
    removed: 37,
    use: 'networking.k8s.io/v1',
  },
  { apiVersion: 'rbac.authorization.k8s.io/v1beta1', removed: 22, use: 'rbac.authorization.k8s.io/v1' },
  { apiVersion: 'scheduling.k8s.io/v1beta1', removed: 22, use: 'scheduling.k8s.io/v1' },
  {
    apiVersion: 'storage.k8s.io/v1beta1',
    kinds: ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
    removed: 22,
    use: 'storage.k8s.io/v1',
  },
  {
    apiVersion: 'storage.k8s.io/v1beta1',
    kinds: ['CSIStorageCapacity'],
    removed: 27,
    use: 'storage.k8s.io/v1',
  },
  {
    apiVersion: 'storage.k8s.io/v1beta1',
    kinds: ['VolumeAttributesClass'],
    removed: 37,
    use: 'storage.k8s.io/v1',
  },
  { apiVersion: 'batch/v1beta1', removed: 25, use: 'batch/v1' },
  { apiVersion: 'discovery.k8s.io/v1beta1', removed: 25, use: 'discovery.k8s.io/v1' },
  { apiVersion: 'events.k8s.io/v1beta1', removed: 25, use: 'events.k8s.io/v1' },
  { apiVersion: 'autoscaling/v2beta1', removed: 25, use: 'autoscaling/v2' },
  { apiVersion: 'autoscaling/v2beta2', removed: 26, use: 'autoscaling/v2' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodDisruptionBudget'], removed: 25, use: 'policy/v1' },
  { apiVersion: 'policy/v1beta1', kinds: ['PodSecurityPolicy'], removed: 25 },
  { apiVersion: 'node.k8s.io/v1beta1', removed: 25, use: 'node.k8s.io/v1' },
  { apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta1', removed: 26, use: 'flowcontrol.apiserver.k8s.io/v1' },
  { apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta2', removed: 29, use: 'flowcontrol.apiserver.k8s.io/v1' },
  { apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta3', removed: 32, use: 'flowcontrol.apiserver.k8s.io/v1' },
  { apiVersion: 'resource.k8s.io/v1beta1', removed: 38, use: 'resource.k8s.io/v1' },
  {
    apiVersion: 'resource.k8s.io/v1beta2',
    // Not of DeviceTaintRule, which came to it later and stands in no other.
    kinds: ['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'],
    removed: 39,
    use: 'resource.k8s.io/v1',
  },
];

/** When a version of a kind goes away; undefined: it is not known to. */
export function removalOf(apiVersion: string, kind: string): Removal | undefined {
  return removals.find(each => each.apiVersion === apiVersion && (each.kinds?.includes(kind) ?? true));
}
