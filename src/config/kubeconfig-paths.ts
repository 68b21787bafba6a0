import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { userHome } from './home.ts';

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
 * Every file that a kubeconfig names, of all its contexts: tokens, keys, certificates and the programs of credential
 * plugins. Connecting and judging what it says is the client's part; what cannot be read names none.
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
  const programs = itemsIn(document['users'], 'user').flatMap(user => {
    const command = isObject(user['exec']) ? user['exec']['command'] : undefined;
    return typeof command === 'string' && command !== '' ? placesOf(command, { folder, env }) : [];
  });
  return [...named, ...programs.map(path => ({ path, what: 'a credential plugin', secret: false }))];
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
