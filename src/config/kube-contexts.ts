import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, type Json } from '../core/json.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { userHome } from './home.ts';

/** The contexts of the user's kubeconfig files, with the namespace each names; none where there is no file. */
export interface KubeContexts {
  current: string | undefined;
  contexts: { name: string; namespace?: string }[];
}

/**
 * Reads names only, to know which environments there could be; connecting, and judging the files, is the client's part.
 * As in kubectl the first file to name something wins and missing files are skipped. @throws VigieError INVALID_MANIFEST
 */
export async function readKubeContexts(env: NodeJS.ProcessEnv): Promise<KubeContexts> {
  const files = env['KUBECONFIG']?.split(':').filter(file => file !== '') ?? [];
  if (files.length === 0) files.push(join(userHome(env), '.kube', 'config'));
  let current: string | undefined;
  const contexts = new Map<string, { name: string; namespace?: string }>();
  for (const file of files) {
    const document = (await parseDocuments(await readIfThere(file)))[0]?.document;
    if (document === undefined) continue;
    const named = document['current-context'];
    if (typeof named === 'string' && named !== '') current ??= named;
    for (const context of contextsIn(document['contexts'])) {
      if (!contexts.has(context.name)) contexts.set(context.name, context);
    }
  }
  return { current, contexts: [...contexts.values()] };
}

function contextsIn(value: Json | undefined): { name: string; namespace?: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(item => {
    if (!isObject(item) || typeof item['name'] !== 'string') return [];
    const context = isObject(item['context']) ? item['context'] : {};
    const { namespace } = context;
    return [
      { name: item['name'], ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}) },
    ];
  });
}

/** An unreadable file counts as missing here: the client says why, when it is used. */
async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

/** A context's name as a name of an environment: `arn:aws:eks:…:cluster/prod` → `arn-aws-eks-…-cluster-prod`. */
export function environmentNameOf(context: string): string {
  const name = context
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(-63)
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'default' : name;
}
