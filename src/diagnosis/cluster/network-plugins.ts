/** What the DaemonSets of widespread network plugins are called, by their labels and by their names. */
export const networkPlugins: readonly string[] = [
  'antrea',
  'aws-node',
  'azure-cni',
  'calico-node',
  'canal',
  'cilium',
  'flannel',
  'kindnet',
  'kube-flannel',
  'kube-router',
  'multus',
  'weave-net',
];

/** Whether a DaemonSet is one by its name, which often has more behind it: `kube-flannel-ds`. */
export function isNamedLikePlugin(name: string): boolean {
  return networkPlugins.some(plugin => name.startsWith(plugin));
}
