import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { type Credentials, fixedCredentials, tokenFileCredentials } from './credentials.ts';
import type { ExecPlugin } from './exec-plugin.ts';
import type { Gate } from './gates.ts';
import type { Access } from './kubeconfig.ts';
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

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

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
      // It brings the YAML parser, which the other two do not need.
      const { accessFromKubeconfig } = await import('./kubeconfig.ts');
      return accessFromKubeconfig({ ...target, trustedPlugin: target.trustedPlugin });
    }
    case 'direct': {
      const headers = { authorization: `Bearer ${target.token}` };
      return plainAccess({
        server: plainServer(new URL(target.url)),
        credentials: fixedCredentials({ headers }),
      });
    }
    case 'in-cluster':
      return accessInCluster();
  }
}

async function accessInCluster(): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (host === undefined || port === undefined) {
    throw new VigieError(
      'KUBECONFIG',
      'This is no pod of a cluster: KUBERNETES_SERVICE_HOST and _PORT are not set',
      {
        details: { file: accountFolder },
      },
    );
  }
  const url = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const [ca, namespace] = await Promise.all([accountFile('ca.crt'), accountFile('namespace')]);
  const credentials = tokenFileCredentials(`${accountFolder}/token`, { headers: {} });
  return {
    ...plainAccess({ server: { ...plainServer(url), ca }, credentials }),
    namespace: namespace.trim(),
  };
}

async function accountFile(name: string): Promise<string> {
  const file = `${accountFolder}/${name}`;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new VigieError('KUBECONFIG', `The pod's service account has no ${name}`, {
      details: { file },
      cause: error,
    });
  }
}

function plainServer(url: URL): ServerSettings {
  return { url, ca: undefined, tlsServerName: undefined, insecure: false, proxyUrl: undefined };
}

function plainAccess(given: { server: ServerSettings; credentials: Credentials }): Access {
  return { ...given, namespace: undefined, plugin: undefined, impersonation: {} };
}
