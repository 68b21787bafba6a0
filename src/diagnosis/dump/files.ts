import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, objectsIn, textIn } from '../../core/json.ts';
import { JsonMeter } from '../../core/json-meter.ts';
import { describeRef } from '../../core/ref.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';
import { cleanLine } from '../../core/text.ts';
import { misfitOf } from '../../kubernetes/fit.ts';
import { isKnownKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { bundledLogs, isBundled, podsOfFolders } from './bundled-logs.ts';
import { logOwners } from './log-owner.ts';
import { refusedName } from './refused-name.ts';

/** One file of a dump. */
export interface DumpFile {
  /** Below the folder, with slashes. */
  path: string;
  bytes: Buffer;
}

/** What the files of a dump hold. */
export interface DumpContents {
  objects: KubeObject[];
  /** Kinds of which a file says that there are none: an empty list of them. */
  emptyLists: Set<string>;
  logs: Map<string, { lines: string[]; previous: boolean }>;
  /** What could not be read, by file. */
  faults: { file: string; why: string }[];
  /** Namespaces with a Secret whose values could not be learned: what is said in them may hold these. */
  unlearned: { everywhere: boolean; namespaces: Set<string> };
}

interface Taking {
  path: string;
  contents: DumpContents;
  learn: (object: JsonObject) => void;
}

/** What of a dump is read; more is no dump of one cluster. In bytes, the largest that a text of this runtime may be built from. */
export const dumpLimits = { bytes: 256 * 1024 * 1024, files: 20_000 };
// A YAML text is read ten times as slowly as JSON and held several times over; JSON has no such bound.
const yamlLimits = { bytes: 32 * 1024 * 1024, values: 4_000_000 };
const jsonSigns = 50_000_000;
const mostObjects = 200_000;
const mostFaults = 200;
const whyChars = 160;
const fileChars = 120;

/** `learn` hears every object that can be parsed, also those that are then refused. */
export async function readFiles(
  files: readonly DumpFile[],
  { learn }: Pick<Taking, 'learn'>,
): Promise<DumpContents> {
  const contents: DumpContents = {
    objects: [],
    emptyLists: new Set(),
    logs: new Map(),
    faults: [],
    unlearned: { everywhere: false, namespaces: new Set() },
  };
  const texts: DumpFile[] = [];
  for (const file of files) {
    const { path } = file;
    try {
      if (/\.(?:json|ya?ml)$/i.test(path)) await readManifests(file, { path, contents, learn });
      else if (/\.(?:log|txt)$/.test(path)) texts.push(file);
    } catch (error) {
      if (!(error instanceof VigieError) && !(error instanceof SyntaxError)) throw error;
      if (mentionsSecret.test(textOf(file.bytes))) contents.unlearned.everywhere = true;
      // What JSON.parse says quotes the text, which may hold anything.
      fault(contents, { path, why: error instanceof VigieError ? error.message : 'it is no JSON' });
    }
  }
  readLogs(texts, contents);
  return contents;
}

const mentionsSecret = /kind["']?\s*:\s*["']?Secret/;

async function readManifests({ path, bytes }: DumpFile, at: Taking): Promise<void> {
  const text = textOf(bytes);
  if (text.trim() === '') return;
  const documents = /^\s*[[{]/.test(text) && !path.endsWith('ml') ? [jsonOf(text)] : await yamlOf(text);
  for (const document of documents) takeDocument(document, at);
}

/** What is nested too deeply would end whoever walks through it. */
function jsonOf(text: string): unknown {
  const tooMuch = new JsonMeter({ mostSigns: jsonSigns }).feed(Buffer.from(text));
  if (tooMuch !== undefined) throw new VigieError('INVALID_MANIFEST', `it has ${tooMuch}`);
  return JSON.parse(text);
}

async function yamlOf(text: string): Promise<unknown[]> {
  return (await parseDocuments(text, yamlLimits)).map(({ document }) => document);
}

/** As editors and Windows leave it: with a mark at its start, and two characters at the end of a line. */
function textOf(bytes: Buffer): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = bytes.toString(utf16 ? 'utf16le' : 'utf8');
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

function takeDocument(document: unknown, at: Taking): void {
  // As `jq .items` leaves a list.
  if (Array.isArray(document)) {
    for (const item of document) takeDocument(item, at);
    return;
  }
  if (!isObject(document)) return fault(at.contents, { path: at.path, why: 'it is no object of a cluster' });
  const { kind, apiVersion } = document;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(document['items'])) {
    const items = objectsIn(document['items']);
    const listed = kind === 'List' ? undefined : kind.slice(0, -'List'.length);
    if (items.length === 0) at.contents.emptyLists.add((listed ?? nameOf(at.path)).toLowerCase());
    // Items of a list of one kind leave out what the list says for all.
    for (const item of items)
      takeDocument(
        listed === undefined
          ? item
          : { ...item, kind: item['kind'] ?? listed, apiVersion: item['apiVersion'] ?? apiVersion },
        at,
      );
    return;
  }
  takeObject(document, at);
}

/** `cluster/secrets.yaml` → `secret`. */
function nameOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return file.replace(/\.[^.]*$/, '').replace(/s$/, '');
}

function takeObject(value: JsonObject, { path, contents, learn }: Taking): void {
  learn(value);
  const { kind, apiVersion, metadata } = value;
  const place = isObject(metadata) ? textIn(metadata['namespace']) : '';
  if (kind === 'Secret' && !holdsTexts(value))
    contents.unlearned.namespaces.add(place === '' ? 'default' : place);
  // Settings of other programs lie about in such folders, and are nobody's object.
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return;
  if (!isObject(metadata) || textIn(metadata['name']) === '')
    return fault(contents, { path, why: `a ${cleanLine(kind, 60)} in it has no name` });
  if (contents.objects.length >= mostObjects)
    return fault(contents, { path, why: `there are more than ${mostObjects} objects` });
  const name = textIn(metadata['name']);
  const which = describeRef({ kind: cleanLine(kind, 60), name: cleanLine(name, 100) });
  const refused = refusedName({ kind, apiVersion, name, namespace: place });
  if (refused !== undefined)
    return fault(contents, { path, why: `${which} has a ${refused} that no server takes` });
  const wrong = misfitOf(value, { apiVersion, kind });
  if (wrong !== undefined)
    return fault(contents, { path, why: `${which} has ${wrong.slice(1)} missing or of another type` });
  if (place === '' && isNamespaced(kind)) metadata['namespace'] = 'default';
  // What misfitOf let pass has the metadata of an object.
  contents.objects.push(value as KubeObject);
}

/** Whether every value of a Secret is one that can be learned. */
function holdsTexts({ data, stringData }: JsonObject): boolean {
  return [data, stringData].every(
    values =>
      values === undefined ||
      values === null ||
      (isObject(values) && Object.values(values).every(each => typeof each === 'string')),
  );
}

/** Kinds that stand in no namespace; of the others a manifest may leave it out. */
const clusterScoped: ReadonlySet<string> = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'StorageClass',
  'PriorityClass',
  'IngressClass',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'APIService',
]);

function isNamespaced(kind: string): boolean {
  return isKnownKind(kind) && !clusterScoped.has(kind);
}

/** When all pods are known: they say whose log a file is. */
function readLogs(files: readonly DumpFile[], contents: DumpContents): void {
  const ownerOf = logOwners(contents.objects);
  const podOf = podsOfFolders(contents.objects);
  for (const { path, bytes } of files) {
    const text = textOf(bytes);
    const pod = isBundled(text) ? podOf(path) : undefined;
    if (pod !== undefined) {
      const { logs, twice } = bundledLogs(text, pod);
      for (const [container, lines] of logs)
        contents.logs.set(`${pod.namespace}/${pod.name}/${container}`, {
          lines: lastOf(lines),
          previous: false,
        });
      for (const container of twice)
        fault(contents, { path, why: `it holds two logs of container ${cleanLine(container, 60)}` });
      continue;
    }
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    const key = `${owner.namespace}/${owner.pod}/${owner.container}`;
    // What a container said before it ended is what is asked for.
    if (!owner.previous && contents.logs.get(key)?.previous === true) continue;
    contents.logs.set(key, { lines: lastOf(text.trimEnd().split('\n')), previous: owner.previous });
  }
}

// As many as of a cluster.
const logLines = 50;
const lineChars = 2_000;

function lastOf(lines: readonly string[]): string[] {
  return lines.slice(-logLines).map(line => line.slice(0, lineChars));
}

function fault({ faults }: DumpContents, { path, why }: { path: string; why: string }): void {
  if (faults.length < mostFaults)
    faults.push({ file: cleanLine(path, fileChars), why: cleanLine(why, whyChars) });
}
