import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { userHome } from '../home.ts';

/** No command line names more files; each costs some looks. */
const mostGiven = 100;
const executable = 0o111;

/** The kubeconfig files of this process where vigie.yaml names none, as kubectl finds them. */
export function kubeconfigsOf(env: NodeJS.ProcessEnv): string[] {
  const listed = env['KUBECONFIG']?.split(delimiter).filter(file => file !== '') ?? [];
  return listed.length > 0 ? listed : [join(userHome(env), '.kube', 'config')];
}

/** A file that a kubeconfig leads to. `secret`: whoever reads it can act as us; else it matters who writes it. */
export interface NamedFile {
  path: string;
  what: string;
  secret: boolean;
}

const fields = [
  { section: 'users', member: 'user', field: 'tokenFile', what: 'a token file', secret: true },
  { section: 'users', member: 'user', field: 'client-key', what: 'a client key', secret: true },
  {
    section: 'users',
    member: 'user',
    field: 'client-certificate',
    what: 'a client certificate',
    secret: false,
  },
  {
    section: 'clusters',
    member: 'cluster',
    field: 'certificate-authority',
    what: 'an authority',
    secret: false,
  },
] as const;

/**
 * Every file that a kubeconfig names, of all its contexts: tokens, keys, certificates, the programs of credential
 * plugins and the absolute paths in their words and variables. Connecting and judging what it says is the client's part;
 * what cannot be read names none.
 */
export async function filesNamedIn(kubeconfig: string, env: NodeJS.ProcessEnv): Promise<NamedFile[]> {
  const document = await readDocument(kubeconfig);
  const folder = dirname(resolve(kubeconfig));
  const named = fields.flatMap(({ section, member, field, what, secret }) =>
    itemsIn(document[section], member).flatMap(item => {
      const path = item[field];
      return typeof path === 'string' && path !== '' ? [{ path: resolve(folder, path), what, secret }] : [];
    }),
  );
  const plugins = itemsIn(document['users'], 'user').flatMap(({ exec }) => (isObject(exec) ? [exec] : []));
  const programs = plugins.flatMap(({ command }) =>
    typeof command === 'string' && command !== '' ? placesOf(command, { folder, env }) : [],
  );
  const given = [...new Set(plugins.flatMap(wordsOf).flatMap(absolutePathsIn))].slice(0, mostGiven);
  return [
    ...named,
    ...programs.map(path => ({ path, what: 'a credential plugin', secret: false })),
    ...(await Promise.all(
      given.map(async path => ({
        path,
        what: 'what a credential plugin is given',
        secret: await mayBeSecret(path),
      })),
    )),
  ];
}

/** The words of a plugin's command, and what its variables hold. */
function wordsOf({ args, env }: JsonObject): string[] {
  const values = Array.isArray(env) ? env.map(each => (isObject(each) ? each['value'] : undefined)) : [];
  return [...(Array.isArray(args) ? args : []), ...values].filter(word => typeof word === 'string');
}

/** Those of `--token-file=/srv/token`, of `PATH` and of a script after `-c`, too; of a URL, none. */
function absolutePathsIn(word: string): string[] {
  const parts = word.matchAll(/(?:^|[\s=:,;<>|&("'`])(\/[^/\s=:,;<>|&()"'`][^\s=:,;<>|&()"'`]*)/g);
  const whole = word.startsWith('/') && word.includes(' ') ? [word] : [];
  return [...whole, ...[...parts].flatMap(([, path]) => path ?? [])].map(path => resolve(path));
}

/**
 * Whether a file that a plugin is given may be one that nobody else must read: a script is no secret and a token is, and
 * only a folder, a program and what packages install tell themselves apart.
 */
async function mayBeSecret(path: string): Promise<boolean> {
  if (/^\/(usr|bin|lib|etc\/(ssl\/certs|pki\/tls\/certs|ca-certificates))(\/|$)/.test(path)) return false;
  try {
    const facts = await stat(path);
    return facts.isFile() && (facts.mode & executable) === 0;
  } catch {
    return true;
  }
}

/** Where a command may be: beside the kubeconfig when it has a slash, as kubectl has it; else anywhere on PATH. */
function placesOf(command: string, at: { folder: string; env: NodeJS.ProcessEnv }): string[] {
  if (command.includes('/')) return [resolve(at.folder, command)];
  const folders = at.env['PATH']?.split(delimiter).filter(folder => isAbsolute(folder)) ?? [];
  return folders.map(folder => join(folder, command));
}

function itemsIn(list: Json | undefined, member: string): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap(item => (isObject(item) && isObject(item[member]) ? [item[member]] : []));
}

async function readDocument(file: string): Promise<JsonObject> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > limits.manifestBytes) return {};
    return (await parseDocuments(await handle.readFile('utf8')))[0]?.document ?? {};
  } catch {
    return {};
  } finally {
    await handle?.close();
  }
}
