import type { Cluster } from '../../config/environment-config.ts';
import { userHome } from '../../config/home.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** Stands where a token goes: Vigie makes no credentials. */
const tokenPlaceholder = 'PASTE-THE-TOKEN-HERE';
const serverPlaceholder = 'https://YOUR-API-SERVER';

/** A kubeconfig for one account of an environment, without its token. */
export function kubeconfigOf(facts: {
  environment: string;
  account: string;
  cluster: JsonObject;
  namespace: string | undefined;
}): JsonObject {
  const { environment: name, account, cluster, namespace } = facts;
  const context = { cluster: name, user: account, ...(namespace === undefined ? {} : { namespace }) };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    contexts: [{ name, context }],
    users: [{ name: account, user: { token: tokenPlaceholder } }],
  };
}

/** The cluster as the environment's own kubeconfig has it, with nothing of its user; a placeholder where that says none. */
export async function clusterEntry(
  cluster: Extract<Cluster, { kind: 'kube' }>,
  { env, note }: { env: NodeJS.ProcessEnv; note: (text: string) => void },
): Promise<JsonObject> {
  const { accessFromKubeconfig } = await import('../../clients/kube/kubeconfig.ts');
  const named = env['KUBECONFIG']?.split(':').filter(file => file !== '') ?? [];
  const own = named.length > 0 ? named : [`${userHome(env)}/.kube/config`];
  try {
    const { server } = await accessFromKubeconfig({
      files: cluster.kubeconfig === undefined ? own : [cluster.kubeconfig],
      context: cluster.context,
      allowInsecure: cluster.insecureSkipTlsVerify,
    });
    return {
      server: server.url.href,
      ...(server.ca === undefined
        ? {}
        : { 'certificate-authority-data': Buffer.from(server.ca).toString('base64') }),
      ...(server.tlsServerName === undefined ? {} : { 'tls-server-name': server.tlsServerName }),
      ...(server.insecure ? { 'insecure-skip-tls-verify': true } : {}),
      ...(server.proxyUrl === undefined ? {} : { 'proxy-url': server.proxyUrl }),
    };
  } catch (error) {
    // The roles can be written on a machine that does not reach the cluster.
    if (!(error instanceof VigieError) || error.code !== 'KUBECONFIG') throw error;
    note(`${error.message}. Put the address of the API server where ${serverPlaceholder} stands.`);
    return { server: serverPlaceholder };
  }
}
