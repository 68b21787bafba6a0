import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const needed = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** The folder with a whole control plane: KUBEBUILDER_ASSETS, else where setup-envtest keeps its own; undefined: there is none. */
export function findBinaries(): string | undefined {
  const kept = join(homedir(), '.local', 'share', 'kubebuilder-envtest', 'k8s');
  const versions = existsSync(kept) ? readdirSync(kept).sort().reverse() : [];
  const named = process.env['KUBEBUILDER_ASSETS'];
  const places = [...(named === undefined ? [] : [named]), ...versions.map(version => join(kept, version))];
  return places.find(place => needed.every(name => existsSync(join(place, name))));
}
