import { VigieError } from '../core/errors.ts';
import type { Finding } from '../core/finding.ts';
import type { Ref } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';
import { Collector, type Stale } from './collect/collector.ts';
import type { Look } from './collect/look.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { keyOf } from './snapshot.ts';

/*
 * Watches say what changed; what they name is read again, and judged anew. So a watch that was lost, or a deletion that
 * nobody saw, leaves nothing behind that is not so any more.
 */

/** What is new since the look before. */
export interface Turn {
  appeared: readonly Finding[];
  cleared: readonly Finding[];
  /** Of the whole verdict as it stands. */
  diagnosis: Diagnosis;
}

// A rollout changes objects many times a second, and a person reads a line or two.
const leastPauseMs = 2_000;
// Of the time that a look takes, this many times as long nothing is read: watching costs a fifth at most.
const restsPerLook = 4;
// What no watch tells of (rights, kinds that are new, the passing of time) shows then.
const wholeLookMs = 60_000;
const retryMs = 5_000;

/** Looks whenever something has changed, until the signal ends it. `say` hears of watches that are lost. */
export async function* watchFindings(
  look: Look,
  at: { about?: Ref; signal: AbortSignal; say: (line: string) => void },
): AsyncGenerator<Turn> {
  const collector = new Collector(look);
  const changes = new Changes();
  const ended = new AbortController();
  const signal = AbortSignal.any([at.signal, ended.signal]);
  const watches: Promise<void>[] = [];
  let known = new Map<string, Finding>();
  try {
    let startedMs = performance.now();
    await collector.readAll();
    for (const { kind, namespace } of placesToWatch(collector, look))
      watches.push(keepWatching(look, { kind, namespace, signal, changes, say: at.say }));
    let wholeAt = performance.now();
    for (;;) {
      const diagnosis = diagnose(collector.snapshot(), at.about === undefined ? {} : { about: at.about });
      const now = new Map(diagnosis.findings.map(finding => [nameOf(finding), finding]));
      const appeared = [...now].filter(([name]) => !known.has(name)).map(([, finding]) => finding);
      const cleared = [...known].filter(([name]) => !now.has(name)).map(([, finding]) => finding);
      known = now;
      yield { appeared, cleared, diagnosis };
      const tookMs = performance.now() - startedMs;
      await pause(Math.max(leastPauseMs, restsPerLook * tookMs), signal);
      await changes.come(wholeLookMs, signal);
      if (at.signal.aborted) return;
      const stale = changes.take();
      startedMs = performance.now();
      if (performance.now() - wholeAt < wholeLookMs) await collector.refresh(stale);
      else {
        await collector.readAll();
        wholeAt = performance.now();
      }
    }
  } catch (error) {
    if (!at.signal.aborted) throw error;
  } finally {
    ended.abort();
    await Promise.allSettled(watches);
  }
}

function nameOf({ code, object }: Finding): string {
  return `${code} ${keyOf(object)}`;
}

/** What changed since it was last taken. */
class Changes {
  #kinds = new Set<string>();
  #podsOf = new Set<string>();
  #wake = Promise.withResolvers<void>();

  add(kind: string, namespace: string | undefined): void {
    if (kind === 'Pod') this.#podsOf.add(namespace ?? '');
    else this.#kinds.add(kind);
    this.#wake.resolve();
  }

  /** Until something has changed, or the time is over. */
  async come(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#kinds.size + this.#podsOf.size === 0)
      await Promise.race([this.#wake.promise, pause(ms, signal)]);
  }

  take(): Stale {
    const stale = { kinds: this.#kinds, podsOf: this.#podsOf };
    this.#kinds = new Set();
    this.#podsOf = new Set();
    this.#wake = Promise.withResolvers();
    return stale;
  }
}

/** Kinds whose objects change when something goes wrong or is mended; the others are looked at once a minute. */
const watched: readonly string[] = [
  'Pod',
  'Event',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Service',
  'EndpointSlice',
  'Ingress',
  'NetworkPolicy',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Node',
];
// A transport keeps a hundred streams; an environment of many namespaces has the first of these watched.
const mostWatches = 60;
const ofTheCluster: ReadonlySet<string> = new Set(['Node']);

function placesToWatch(collector: Collector, look: Look): { kind: string; namespace: string | undefined }[] {
  const read = new Set(['Pod', 'Event', ...collector.kinds.map(({ kind }) => kind)]);
  const { namespace, namespaces } = look;
  const places = namespace === undefined ? (namespaces ?? [undefined]) : [namespace];
  return watched
    .filter(kind => read.has(kind))
    .flatMap(kind =>
      (ofTheCluster.has(kind) ? [undefined] : places).map(place => ({ kind, namespace: place })),
    )
    .slice(0, mostWatches);
}

/** Begins again after whatever ends it but the signal and a right that is not there. */
async function keepWatching(
  look: Look,
  at: {
    kind: string;
    namespace: string | undefined;
    signal: AbortSignal;
    changes: Changes;
    say: (line: string) => void;
  },
): Promise<void> {
  const { kind, signal, changes } = at;
  const place = at.namespace === undefined ? {} : { namespace: at.namespace };
  const apiVersion = kind === 'Event' ? { apiVersion: 'v1' } : {};
  while (!signal.aborted) {
    try {
      const { resourceVersion } = await look.kube.list({ kind, ...apiVersion, ...place, limit: 1 });
      // The watch tells what comes from here on; what came since the last look, nobody has told.
      changes.add(kind, at.namespace);
      const from = resourceVersion === '' ? {} : { resourceVersion };
      for await (const { type, object } of look.kube.watch({
        kind,
        ...apiVersion,
        ...place,
        ...from,
        signal,
      }))
        if (type !== 'BOOKMARK') changes.add(kind, object.metadata.namespace);
    } catch (error) {
      if (signal.aborted || !(error instanceof VigieError)) return;
      at.say(`${kind}s are not watched: ${cleanLine(error.message, 160)}`);
      if (error.code === 'FORBIDDEN' || error.code === 'CANCELLED') return;
    }
    await pause(retryMs, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
