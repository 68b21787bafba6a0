import { KubeConfig } from '@kubernetes/client-node';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { type Credentials, withToken } from './credentials.ts';
import type { Proof } from './transport.ts';

/** The `oidc` auth-provider: client-node keeps the id-token fresh, in memory only. @throws VigieError UNAUTHENTICATED */
export function oidcCredentials({ config, rest }: { config: JsonObject; rest: Proof }): Credentials {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromClusterAndUser(
    // Never reached: only the user's part is asked for.
    { name: 'unused', server: 'https://unused.invalid', skipTLSVerify: false },
    { name: 'user', authProvider: { name: 'oidc', config: { ...config } } },
  );
  let running: Promise<string> | undefined;
  return {
    async proof() {
      running ??= tokenOf(kubeconfig).finally(() => {
        running = undefined;
      });
      return withToken(rest, await running);
    },
    renew: () => false,
  };
}

async function tokenOf(kubeconfig: KubeConfig): Promise<string> {
  const options: { headers: Record<string, string> } = { headers: {} };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), limits.credentialPluginMs);
  });
  try {
    await Promise.race([kubeconfig.applyToHTTPSOptions(options), late]);
  } catch (error) {
    throw new VigieError('UNAUTHENTICATED', 'The identity provider of the kubeconfig gave no new token', {
      hint: 'Log in again with the tool that made the kubeconfig.',
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  const token = options.headers.Authorization?.replace(/^Bearer /, '');
  if (token === undefined || token === '') {
    throw new VigieError('UNAUTHENTICATED', 'The kubeconfig holds no id-token that is still valid', {
      hint: 'Log in again with the tool that made the kubeconfig.',
    });
  }
  return token;
}
