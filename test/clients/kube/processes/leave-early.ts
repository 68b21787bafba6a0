// Asks for the version of a cluster that is logged in to by a plugin, and ends once the plugin has started: kubeconfig, its mark.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConnection } from '../../../../src/clients/kube/connection.ts';

const [kubeconfig = '', mark = ''] = process.argv.slice(2);
const connection = new KubeConnection({
  target: { via: 'kubeconfig', files: [kubeconfig], context: undefined, allowInsecure: false },
  bounds: { namespaces: undefined, clusterScoped: false },
  readOnly: true,
  userAgent: 'vigie/test',
});
connection
  .session(new AbortController().signal)
  .reader.serverVersion()
  .catch(() => undefined);
while (!existsSync(mark)) await sleep(20);
process.exit(0);
