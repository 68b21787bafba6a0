import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { trusted } from '../../core/trusted-text.ts';
import { isLoopback } from '../../http/loopback.ts';
import { type Credentials, fixedCredentials, tokenFileCredentials, withToken } from './credentials.ts';
import { type MayRun, pluginCredentials } from './exec-plugin.ts';
import { type Entry, type MergedKubeconfig, readKubeconfigs, unusable } from './kubeconfig-file.ts';
import type { ExecPlugin } from './plugin-identity.ts';
import type { Proof, ServerSettings } from './transport.ts';

/** All that a context of a kubeconfig says. */
export interface Access {
  server: ServerSettings;
  credentials: Credentials;
  namespace: string | undefined;
  /** The command that the credentials come from; undefined where they come from elsewhere, whatever else the user has. */
  plugin: ExecPlugin | undefined;
  /** Header name → values; part of who we are to the cluster. */
  impersonation: Record<string, string[]>;
}

/** @throws VigieError KUBECONFIG */
export async function accessFromKubeconfig(from: {
  files: readonly string[];
  context: string | undefined;
  allowInsecure: boolean;
  mayRunPlugin?: MayRun;
}): Promise<Access> {
  const config = await readKubeconfigs(from.files);
  const context = contextOf(config, from.context);
  const cluster = referredTo(config, { section: 'clusters', name: textAt(context, 'cluster'), by: context });
  const user = referredTo(config, { section: 'users', name: textAt(context, 'user'), by: context });
  const server = await serverOf(cluster, from);
  const impersonation = impersonationOf(user);
  const rest = await restOfProof(user, impersonation);
  const named = pluginOf(user, cluster, server);
  const fixed = givenCredentials(user, rest);
  const plugin = fixed === undefined ? named : undefined;
  const credentials = fixed ?? (await madeCredentials(user, { rest, plugin, mayRun: from.mayRunPlugin }));
  return { server, credentials, namespace: textAt(context, 'namespace'), plugin, impersonation };
}

function contextOf(config: MergedKubeconfig, wanted: string | undefined): Entry {
  const known = [...config.contexts.keys()].slice(0, 10);
  const name = wanted ?? config.currentContext;
  const more = {
    hint: trusted`Contexts: ${known}.`,
    details: { file: config.files[0] ?? '', contexts: [...config.contexts.keys()].slice(0, 50) },
  };
  if (name === undefined)
    throw new VigieError('KUBECONFIG', 'The kubeconfig has no current context, and none is named', more);
  const entry = config.contexts.get(name);
  if (entry === undefined)
    throw new VigieError('KUBECONFIG', `The kubeconfig has no context ${JSON.stringify(name)}`, more);
  return entry;
}

function referredTo(
  config: MergedKubeconfig,
  { section, name, by }: { section: 'clusters' | 'users'; name: string | undefined; by: Entry },
): Entry {
  // A context without a user is one of the ways to a server that asks for none.
  if (name === undefined && section === 'users') return { value: {}, folder: by.folder, file: by.file };
  const entry = name === undefined ? undefined : config[section].get(name);
  if (entry === undefined)
    throw unusable(
      by.file,
      `its context refers to ${JSON.stringify(name ?? '')}, which ${section} does not have`,
    );
  return entry;
}

async function serverOf(
  cluster: Entry,
  { allowInsecure }: { allowInsecure: boolean },
): Promise<ServerSettings> {
  const url = serverUrl(textAt(cluster, 'server') ?? '', cluster.file);
  const insecure = cluster.value['insecure-skip-tls-verify'] === true;
  const unguarded = insecure || url.protocol === 'http:';
  if (unguarded && !allowInsecure && !(url.protocol === 'http:' && isLoopback(url))) {
    throw new VigieError('KUBECONFIG', `${url.origin} is reached without checking who answers`, {
      hint: 'Give the cluster its certificate-authority; to accept it as it is, set kube.insecureSkipTlsVerify: true for the environment.',
      details: { file: cluster.file },
    });
  }
  return {
    url,
    insecure,
    ca: insecure ? undefined : await pemOf(cluster, 'certificate-authority'),
    tlsServerName: textAt(cluster, 'tls-server-name'),
    proxyUrl: proxyUrl(cluster),
  };
}

/** @throws VigieError KUBECONFIG when it is no plain http(s) URL */
function serverUrl(text: string, file: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw unusable(file, 'its server is not a plain http(s) URL');
  }
  return url;
}

function proxyUrl(cluster: Entry): string | undefined {
  const text = textAt(cluster, 'proxy-url');
  if (text === undefined) return undefined;
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw unusable(cluster.file, 'its proxy-url is not an http(s) URL; SOCKS proxies are not supported');
}

async function restOfProof(user: Entry, impersonation: Record<string, string[]>): Promise<Proof> {
  const [cert, key] = [await pemOf(user, 'client-certificate'), await pemOf(user, 'client-key')];
  if ((cert === undefined) !== (key === undefined))
    throw unusable(user.file, 'its user has a certificate or a key without the other');
  if (cert !== undefined && key !== undefined) checkPair({ cert, key, file: user.file });
  return {
    headers: impersonation,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function checkPair({ cert, key, file }: { cert: string; key: string; file: string }): void {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  } catch {
    throw unusable(file, 'the client certificate or key of its user cannot be read');
  }
  throw unusable(file, 'the client key of its user does not belong to the certificate');
}

/** What the kubeconfig itself holds goes before what would have to be fetched. */
function givenCredentials(user: Entry, rest: Proof): Credentials | undefined {
  const [token, tokenFile, username] = [
    textAt(user, 'token'),
    textAt(user, 'tokenFile'),
    textAt(user, 'username'),
  ];
  if (tokenFile !== undefined) return tokenFileCredentials(resolve(user.folder, tokenFile), rest);
  if (token !== undefined) return fixedCredentials(withToken(rest, token));
  if (username === undefined) return undefined;
  const basic = Buffer.from(`${username}:${textAt(user, 'password') ?? ''}`).toString('base64');
  return fixedCredentials({ ...rest, headers: { ...rest.headers, authorization: `Basic ${basic}` } });
}

async function madeCredentials(
  user: Entry,
  { rest, plugin, mayRun }: { rest: Proof; plugin: ExecPlugin | undefined; mayRun: MayRun | undefined },
): Promise<Credentials> {
  if (plugin !== undefined) return pluginCredentials(plugin, { rest, mayRun });
  const provider = user.value['auth-provider'];
  if (!isObject(provider)) return fixedCredentials(rest);
  if (provider.name !== 'oidc') {
    throw unusable(
      user.file,
      'its auth-provider is one that Kubernetes has given up; use a credential plugin',
    );
  }
  // Loaded here because it costs what the rest of the client costs ten times over, and few need it.
  const { oidcCredentials } = await import('./oidc.ts');
  return oidcCredentials({ config: isObject(provider.config) ? provider.config : {}, rest });
}

function pluginOf(user: Entry, cluster: Entry, server: ServerSettings): ExecPlugin | undefined {
  const { exec } = user.value;
  if (exec === undefined || exec === null) return undefined;
  if (!isObject(exec) || typeof exec.command !== 'string' || exec.command === '') {
    throw unusable(user.file, 'exec of its user names no command');
  }
  if (exec.interactiveMode === 'Always') {
    throw unusable(
      user.file,
      'its credential plugin wants a terminal (interactiveMode: Always), which it cannot have here',
    );
  }
  return {
    apiVersion: typeof exec.apiVersion === 'string' ? exec.apiVersion : '',
    command: exec.command,
    args: Array.isArray(exec.args) ? exec.args.filter(arg => typeof arg === 'string') : [],
    env: environmentOf(exec.env),
    installHint: typeof exec.installHint === 'string' ? exec.installHint : undefined,
    folder: user.folder,
    cluster: exec.provideClusterInfo === true ? clusterInfo(cluster, server) : undefined,
  };
}

function environmentOf(env: Json | undefined): Record<string, string> {
  const named: Record<string, string> = {};
  for (const item of Array.isArray(env) ? env : []) {
    if (isObject(item) && typeof item.name === 'string' && typeof item.value === 'string')
      named[item.name] = item.value;
  }
  return named;
}

function clusterInfo(cluster: Entry, server: ServerSettings): JsonObject {
  const extensions = Array.isArray(cluster.value.extensions) ? cluster.value.extensions : [];
  const ours = extensions.find(item => isObject(item) && item.name === 'client.authentication.k8s.io/exec');
  const config = isObject(ours) ? ours.extension : undefined;
  return {
    server: server.url.href,
    ...(server.tlsServerName === undefined ? {} : { 'tls-server-name': server.tlsServerName }),
    ...(server.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(server.ca === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(server.ca).toString('base64') }),
    ...(server.proxyUrl === undefined ? {} : { 'proxy-url': server.proxyUrl }),
    ...(config === undefined ? {} : { config }),
  };
}

function impersonationOf(user: Entry): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const [name, uid] = [textAt(user, 'as'), textAt(user, 'as-uid')];
  const groups = user.value['as-groups'];
  const extra = user.value['as-user-extra'];
  if (name !== undefined) headers['impersonate-user'] = [name];
  if (uid !== undefined) headers['impersonate-uid'] = [uid];
  if (Array.isArray(groups) && groups.length > 0) headers['impersonate-group'] = groups.map(String);
  if (isObject(extra)) {
    for (const [key, values] of Object.entries(extra)) {
      if (Array.isArray(values))
        headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = values.map(String);
    }
  }
  if (Object.keys(headers).length > 0 && name === undefined) {
    throw unusable(user.file, 'its user impersonates groups or a uid without a name (as)');
  }
  return headers;
}

/** `certificate-authority-data` and its kin, decoded; else the file that the plain name points to. */
async function pemOf(entry: Entry, name: string): Promise<string | undefined> {
  const data = textAt(entry, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = textAt(entry, name);
  if (file === undefined) return undefined;
  try {
    return await readFile(resolve(entry.folder, file), 'utf8');
  } catch {
    throw unusable(entry.file, `its ${name} file cannot be read`);
  }
}

/** An empty text means the same as none. */
function textAt(entry: Entry, name: string): string | undefined {
  const value = entry.value[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw unusable(entry.file, `${name} is not a text`);
  return value;
}
