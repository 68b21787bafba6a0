import { createHash } from 'node:crypto';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { trusted } from '../../core/trusted-text.ts';
import { type Credentials, fixedCredentials } from './credentials.ts';
import type { Gate } from './gates.ts';
import type { Access } from './kubeconfig.ts';
import type { ExecPlugin } from './plugin-identity.ts';
import type { KubeTarget } from './target.ts';
import { KubeTransport, type ServerSettings } from './transport.ts';

/** An open line to one API server: what all calls of an environment share. */
export interface Line {
  transport: KubeTransport;
  credentials: Credentials;
  /** Where objects lie whose namespace nobody names. */
  namespace: string;
  server: string;
  /** SHA-256 over what decides which cluster is reached, and as whom. */
  connection: string;
  plugin: ExecPlugin | undefined;
}

/** Reads what the target names; nothing is sent yet. @throws VigieError KUBECONFIG */
export async function openLine(target: KubeTarget, lock?: Gate): Promise<Line> {
  const access = await accessOf(target);
  const { url, ca, tlsServerName, proxyUrl, insecure } = access.server;
  const facts = {
    server: url.href,
    ca: ca ?? null,
    tlsServerName: tlsServerName ?? null,
    proxyUrl: proxyUrl ?? null,
    insecure,
    impersonation: access.impersonation,
  };
  return {
    transport: new KubeTransport(access.server, lock),
    credentials: access.credentials,
    namespace: access.namespace ?? 'default',
    // Without its path, which may hold a token.
    server: url.origin,
    connection: createHash('sha256').update(canonicalJson(facts)).digest('hex'),
    plugin: access.plugin,
  };
}

async function accessOf(target: KubeTarget): Promise<Access> {
  switch (target.via) {
    case 'kubeconfig': {
      // It brings the YAML parser, which the other way does not need.
      const { accessFromKubeconfig } = await import('./kubeconfig.ts');
      return accessFromKubeconfig(target);
    }
    case 'none':
      throw new VigieError('NOT_CONFIGURED', `The environment ${target.environment} has no cluster.`, {
        hint: trusted`Under environments.${target.environment} in vigie.yaml: kube: {context: NAME}.`,
        details: { environment: target.environment, system: 'kube' },
      });
    case 'direct': {
      const headers = { authorization: `Bearer ${target.token}` };
      return plainAccess({
        server: plainServer(new URL(target.url)),
        credentials: fixedCredentials({ headers }),
      });
    }
  }
}

function plainServer(url: URL): ServerSettings {
  return { url, ca: undefined, tlsServerName: undefined, insecure: false, proxyUrl: undefined };
}

function plainAccess(given: { server: ServerSettings; credentials: Credentials }): Access {
  return { ...given, namespace: undefined, plugin: undefined, impersonation: {} };
}
