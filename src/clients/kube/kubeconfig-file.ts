import { type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { systemCode } from '../../core/system-error.ts';
import { trusted } from '../../core/trusted-text.ts';

/** One named entry and the folder that its relative paths start from. */
export interface Entry {
  value: JsonObject;
  folder: string;
  file: string;
}

/** Several kubeconfig files read as one. */
export interface MergedKubeconfig {
  files: readonly string[];
  currentContext: string | undefined;
  clusters: Map<string, Entry>;
  users: Map<string, Entry>;
  contexts: Map<string, Entry>;
}

const sections = [
  ['clusters', 'cluster'],
  ['users', 'user'],
  ['contexts', 'context'],
] as const;

/** Merges as kubectl does: the first file to name something wins, missing files are skipped. @throws VigieError KUBECONFIG */
export async function readKubeconfigs(files: readonly string[]): Promise<MergedKubeconfig> {
  const merged: MergedKubeconfig = {
    files,
    currentContext: undefined,
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
  };
  let found = 0;
  for (const file of files) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    found++;
    mergeFile(merged, { file, root: await parseKubeconfig(text, file) });
  }
  if (found === 0) {
    throw new VigieError('KUBECONFIG', `There is no kubeconfig: ${files.join(', ') || 'no file is named'}`, {
      hint: 'Set KUBECONFIG, or kube.kubeconfig in vigie.yaml, or try Vigie without a cluster: vigie demo.',
      details: { files: [...files] },
    });
  }
  return merged;
}

function mergeFile(merged: MergedKubeconfig, { file, root }: { file: string; root: JsonObject }): void {
  const folder = dirname(resolve(file));
  const current = root['current-context'];
  if (typeof current === 'string' && current !== '') merged.currentContext ??= current;
  for (const [section, member] of sections) {
    const items = root[section] ?? [];
    if (!Array.isArray(items)) throw unusable(file, `${section} is not a list`);
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      if (!isObject(item) || typeof item.name !== 'string')
        throw unusable(file, `${section}[${index}] has no name`);
      if (seen.has(item.name)) throw unusable(file, `${section}[${index}] repeats a name`);
      seen.add(item.name);
      const value = item[member] ?? {};
      if (!isObject(value)) throw unusable(file, `${section}[${index}].${member} is not a mapping`);
      if (!merged[section].has(item.name)) merged[section].set(item.name, { value, folder, file });
    }
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new VigieError('KUBECONFIG', `The kubeconfig ${file} cannot be used: it cannot be opened`, {
      hint: trusted`See who may read it: ls -l '${file}'`,
      details: { file },
    });
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw unusable(file, 'it is not a file');
    // Who can write it can make Vigie run a command: a kubeconfig may name a credential plugin.
    if (process.platform !== 'win32' && (facts.mode & 0o022) !== 0) {
      throw new VigieError('KUBECONFIG', `The kubeconfig ${file} can be written by others`, {
        hint: 'Make it yours alone: chmod 600 on that file.',
        details: { file },
      });
    }
    if (facts.size > limits.manifestBytes) throw unusable(file, 'it is too large');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function parseKubeconfig(text: string, file: string): Promise<JsonObject> {
  try {
    const [first] = await parseDocuments(text);
    return first?.document ?? {};
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    const { line, column, problem } = error.details;
    const why = typeof problem === 'string' ? problem : 'it is not valid YAML';
    throw unusable(
      file,
      why,
      typeof line === 'number' && typeof column === 'number' ? { line, column } : undefined,
    );
  }
}

export function unusable(file: string, why: string, at?: { line: number; column: number }): VigieError {
  const place = at === undefined ? '' : ` (line ${at.line}, column ${at.column})`;
  return new VigieError('KUBECONFIG', `The kubeconfig ${file} cannot be used: ${why}${place}`, {
    hint: 'kubectl config view shows what it holds.',
    details: { file, ...(at === undefined ? {} : { line: at.line, column: at.column }) },
  });
}
