// Alerts that others ship under well-known names, and the playbook that each starts where it is enabled. A test holds the
// table against the playbooks; the names were read in these files.

const mixin = 'kubernetes-monitoring/kubernetes-mixin, alerts';
const sources = {
  apps: `${mixin}/apps_alerts.libsonnet`,
  storage: `${mixin}/storage_alerts.libsonnet`,
  resources: `${mixin}/resource_alerts.libsonnet`,
  kubelet: `${mixin}/kubelet.libsonnet`,
  coredns: 'povilasv/coredns-mixin, alerts/coredns.libsonnet',
  certificates: 'imusmanmalik/cert-manager-mixin, alerts/certificates.libsonnet',
  general:
    'prometheus-operator/kube-prometheus, jsonnet/kube-prometheus/components/mixin/alerts/general.libsonnet',
  awesome: 'samber/awesome-prometheus-alerts, dist/rules/kubernetes/kubestate-exporter.yml',
} as const;

interface KnownAlert {
  name: string;
  playbook: string;
  /** Repository and file. */
  source: string;
}

function from(source: keyof typeof sources, playbooks: Record<string, readonly string[]>): KnownAlert[] {
  return Object.entries(playbooks).flatMap(([playbook, names]) =>
    names.map(name => ({ name, playbook, source: sources[source] })),
  );
}

export const knownAlerts: readonly KnownAlert[] = [
  ...from('apps', {
    'heal-crash-loop': ['KubePodCrashLooping'],
    'heal-pending-pods': ['KubePodNotReady', 'KubeDaemonSetNotScheduled'],
    'heal-stuck-rollout': [
      'KubeDeploymentGenerationMismatch',
      'KubeDeploymentReplicasMismatch',
      'KubeDeploymentRolloutStuck',
      'KubeStatefulSetGenerationMismatch',
      'KubeStatefulSetReplicasMismatch',
      'KubeStatefulSetUpdateNotRolledOut',
      'KubeDaemonSetRolloutStuck',
    ],
    'heal-image-pull': ['KubeContainerWaiting'],
    'heal-failed-jobs': ['KubeJobFailed'],
    'heal-hpa-maxed': ['KubeHpaMaxedOut'],
  }),
  ...from('storage', { 'heal-full-volume': ['KubePersistentVolumeFillingUp'] }),
  ...from('resources', { 'heal-quota': ['KubeQuotaFullyUsed', 'KubeQuotaExceeded'] }),
  ...from('kubelet', {
    'heal-node-not-ready': ['KubeNodeNotReady', 'KubeNodeUnreachable'],
    'drain-and-replace-node': ['KubeNodeReadinessFlapping', 'KubeletPlegDurationHigh'],
  }),
  ...from('coredns', { 'heal-dns': ['CoreDNSDown'] }),
  ...from('certificates', {
    'heal-expired-certificate': ['CertManagerCertExpirySoon', 'CertManagerCertNotReady'],
  }),
  ...from('general', { 'heal-broken-service': ['TargetDown'] }),
  ...from('awesome', {
    'heal-crash-loop': ['KubernetesPodCrashLooping'],
    'heal-oom': ['KubernetesContainerOomKiller'],
    'heal-pending-pods': ['KubernetesPodNotHealthy'],
    'heal-stuck-rollout': [
      'KubernetesDeploymentGenerationMismatch',
      'KubernetesDeploymentReplicasMismatch',
      'KubernetesStatefulsetGenerationMismatch',
      'KubernetesStatefulsetReplicasMismatch',
      'KubernetesStatefulsetUpdateNotRolledOut',
      'KubernetesDaemonsetRolloutStuck',
    ],
    'heal-failed-jobs': ['KubernetesJobFailed', 'KubernetesCronjobFailing'],
    'heal-hpa-maxed': ['KubernetesHpaScaleMaximum'],
    'heal-node-not-ready': ['KubernetesNodeNotReady'],
    'heal-full-volume': ['KubernetesVolumeOutOfDiskSpace', 'KubernetesVolumeFullInFourDays'],
  }),
];
