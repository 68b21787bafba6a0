import type { TablePage } from '../../clients/kube/reader.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { inTurn } from '../../core/in-turn.ts';
import { plainText } from '../../core/json.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { PodRow } from '../snapshot.ts';
import { listWhole } from './list-whole.ts';
import { type Look, mostNamespaces, notAllowed, noteUnread, requestsAtOnce, unlessUnread } from './look.ts';
import { maskedPod } from './masked-pod.ts';
import { trimmed } from './trim.ts';

/*
 * Most pods are well, and printed rows say so at a fortieth of the bytes of the objects. Only those that do not look
 * well are read in full.
 */

// A list of a namespace costs about what this many times fewer single reads cost.
const readsPerList = 12;
// Several lists are read at once, and all of a page is held until it is trimmed.
const podsPerPage = 100;
// So many are read one by one without a thought.
const fewReads = 3;
const notRunning = 'status.phase!=Running,status.phase!=Succeeded';
// Of a cluster in which everything is down, these tell what there is to tell; each takes some 10 kB of memory.
const mostInFull = 3_000;
// A restart that is longer ago is over.
const recentMinutes = 60;
// Rows that are selected are asked for in one request over all namespaces; no pod has a dash for a name.
const everyPod = 'metadata.name!=-';

/** The pods that look wrong, in full, and the rows of the others. */
export interface PodsSeen {
  pods: Pod[];
  rows: PodRow[];
}

/** @param namespaces undefined: they may not be listed */
export async function lookAtPods(look: Look, namespaces: readonly string[] | undefined): Promise<PodsSeen> {
  const places = namespaces === undefined || namespaces.length > mostNamespaces ? [undefined] : namespaces;
  const tables = await inParallel(places, {
    atOnce: requestsAtOnce,
    task: namespace => readTable(look, namespace),
  });
  const seen = tables.flatMap(table => table ?? []);
  const suspects = seen.flatMap(table => table.suspects);
  // Shared: a namespace with thousands of broken pods does not use up the room of the others.
  const inFull = new Set(inTurn(suspects, ({ namespace }) => namespace).slice(0, mostInFull));
  const pods = await inParallel(seen, {
    atOnce: requestsAtOnce,
    task: table => {
      const wanted = table.suspects.filter(row => inFull.has(row));
      const left = table.suspects.length - wanted.length;
      if (left > 0)
        noteUnread(look, {
          kind: 'Pod',
          ...table.place,
          why: `${left} more look wrong than the ${mostInFull} that are read in full`,
        });
      return readInFull(look, { place: table.place, wanted, rows: table.rows });
    },
  });
  return { pods: pods.flat(), rows: seen.flatMap(table => table.well) };
}

/** The printed pods of one place, those that look wrong apart; `rows`: how many there are. */
interface PrintedPods {
  place: { namespace?: string };
  suspects: PodRow[];
  well: PodRow[];
  rows: number;
}

async function readTable(look: Look, namespace: string | undefined): Promise<PrintedPods | undefined> {
  const place = namespace === undefined ? {} : { namespace };
  const everywhere = namespace === undefined ? { fieldSelector: everyPod } : {};
  const table = await unlessUnread(look, {
    kind: 'Pod',
    ...place,
    read: () =>
      look.kube.table({ kind: 'Pod', apiVersion: 'v1', wide: true, cached: true, ...place, ...everywhere }),
  });
  if (table === undefined) return undefined;
  for (const each of table.unread ?? []) noteUnread(look, { kind: 'Pod', namespace: each, why: notAllowed });
  const printed = [...rowsOf(table)];
  return {
    place,
    suspects: printed.flatMap(({ row, wrong }) => (wrong ? [row] : [])),
    well: printed.flatMap(({ row, wrong }) => (wrong ? [] : [row])),
    rows: printed.length,
  };
}

/** One list where it costs less than a read of each; what has not started or has failed, the server can select. */
async function readInFull(
  look: Look,
  { place, wanted, rows }: { place: { namespace?: string }; wanted: readonly PodRow[]; rows: number },
): Promise<Pod[]> {
  if (wanted.length < fewReads) return readEach(look, wanted);
  if (wanted.length * readsPerList > rows) return readListed(look, { place, wanted });
  const selected = await readListed(look, { place, wanted, fieldSelector: notRunning });
  const names = new Set(selected.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`));
  const rest = wanted.filter(({ namespace, name }) => !names.has(`${namespace}/${name}`));
  const others =
    rest.length * readsPerList > rows
      ? await readListed(look, { place, wanted: rest })
      : await readEach(look, rest);
  return [...selected, ...others];
}

async function readEach(look: Look, wanted: readonly PodRow[]): Promise<Pod[]> {
  const found = await inParallel(wanted, {
    atOnce: requestsAtOnce,
    task: ({ namespace, name }) =>
      unlessUnread(look, {
        kind: 'Pod',
        namespace,
        read: () => look.kube.find({ kind: 'Pod', apiVersion: 'v1', name, namespace }),
      }),
  });
  // What is gone since is no trouble any more.
  return found.flatMap(pod => (pod === undefined ? [] : [pod])).map(pod => asTrimmed(pod, look));
}

async function readListed(
  look: Look,
  {
    place,
    wanted,
    ...selection
  }: { place: { namespace?: string }; wanted: readonly PodRow[]; fieldSelector?: string },
): Promise<Pod[]> {
  const names = new Set(wanted.map(({ namespace, name }) => `${namespace}/${name}`));
  const pods: Pod[] = [];
  await unlessUnread(look, {
    kind: 'Pod',
    ...place,
    read: () =>
      listWhole(look, {
        query: { kind: 'Pod', apiVersion: 'v1', limit: podsPerPage, ...place, ...selection },
        into: pods,
        take: page =>
          page
            .filter(object => isKind(object, 'Pod'))
            .filter(({ metadata }) => names.has(`${metadata.namespace ?? ''}/${metadata.name}`))
            .map(pod => asTrimmed(pod, look)),
      }),
  });
  return pods;
}

function asTrimmed(pod: Pod, look: Look): Pod {
  const object = trimmed(pod);
  return maskedPod(isKind(object, 'Pod') ? object : pod, text => look.masking()(text));
}

function* rowsOf(table: TablePage): Generator<{ row: PodRow; wrong: boolean }> {
  const at = (title: string) => table.columns.findIndex(({ name }) => name === title);
  const [ready, status, restarts, node] = [at('Ready'), at('Status'), at('Restarts'), at('Node')];
  for (const { cells, namespace = '', name = '' } of table.rows) {
    const [have, want] = plainText(cells[ready]).split('/');
    const told = plainText(cells[restarts]);
    const placed = plainText(cells[node]);
    const row: PodRow = {
      namespace,
      name,
      ready: have !== undefined && have === want,
      status: plainText(cells[status]),
      restarts: Number.parseInt(told, 10) || 0,
      ...(placed === '' || placed === '<none>' ? {} : { node: placed }),
    };
    yield { row, wrong: looksWrong(row, told) };
  }
}

function looksWrong({ status, ready }: PodRow, restarts: string): boolean {
  if (status === 'Completed') return false;
  return status !== 'Running' || !ready || isRecent(restarts);
}

/** `3 (5m10s ago)`, as kubectl prints it. */
function isRecent(restarts: string): boolean {
  const ago = /\((\w{1,12}) ago\)/.exec(restarts)?.[1];
  if (ago === undefined || /[hdy]/.test(ago)) return false;
  const minutes = /^(\d+)m/.exec(ago)?.[1];
  return minutes === undefined || Number(minutes) < recentMinutes;
}
