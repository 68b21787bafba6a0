/** Who takes a finalizer away, and when; by the Kubernetes documentation and that of widespread operators. */
const owners: ReadonlyMap<string, string> = new Map([
  ['kubernetes.io/pvc-protection', 'the cluster, once no pod uses the claim'],
  ['kubernetes.io/pv-protection', 'the cluster, once no claim is bound to the volume'],
  ['foregroundDeletion', 'the garbage collector, once what the object owns is gone'],
  ['orphan', 'the garbage collector, once what the object owns is let go'],
  ['kubernetes', 'the cluster, once nothing is left in the namespace'],
  ['batch.kubernetes.io/job-tracking', 'the Job controller, once it has counted the pod'],
  ['service.kubernetes.io/load-balancer-cleanup', 'the cloud controller, once the load balancer is gone'],
  ['customresourcecleanup.apiextensions.k8s.io', 'the cluster, once no object of the kind is left'],
  ['external-provisioner.volume.kubernetes.io/finalizer', 'the provisioner, once the volume is gone'],
  [
    'snapshot.storage.kubernetes.io/pvc-as-source-protection',
    'the snapshot controller, once no snapshot is being taken',
  ],
  ['resources-finalizer.argocd.argoproj.io', 'Argo CD, once the resources of the application are gone'],
  ['finalizers.fluxcd.io', 'Flux, once it has removed what it made'],
]);

/** Names of finalizers are anybody's words: `acme.dev/cleanup` is of whoever is called acme.dev. */
export function finalizerOwner(finalizer: string): string {
  const known = owners.get(finalizer);
  if (known !== undefined) return known;
  if (finalizer.startsWith('external-attacher/')) return 'the storage attacher, once the volume is detached';
  const [domain = ''] = finalizer.split('/');
  return `the controller of ${domain}, if it runs`;
}
