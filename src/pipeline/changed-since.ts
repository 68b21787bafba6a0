import { fieldManager } from '../clients/kube/changes.ts';
import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { isObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { describeRef, type Ref } from '../core/ref.ts';
import { cleanLine } from '../core/text.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { type ManagedWrite, writesSince } from '../kubernetes/writes-since.ts';
import type { AuditRow } from '../store/audit-row.ts';
import type { ChangeRecord } from '../store/change-reader.ts';
import type { Step } from '../store/step.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import type { Environment, Vigie } from './vigie.ts';

// Nothing keeps others from writing beside Vigie; it can be seen, as far as they do not hide: a client chooses the name
// that the server keeps for it.

/** Whoever asks about a change waits for this too. */
const lookMs = 5_000;
const mostObjects = 10;
const objectsAtOnce = 4;
const mostWrites = 5;
const nameChars = 64;

/**
 * What others did since to the objects of a change that stands: a line an object, none where nothing shows, one that says
 * so where it could not be looked at.
 */
export async function changedSince(
  vigie: Vigie,
  { record, signal }: { record: ChangeRecord; signal: AbortSignal },
): Promise<string[]> {
  if (!['done', 'unverified'].includes(record.state) || record.undoneBy !== undefined) return [];
  const environment = vigie.environments.find(({ view }) => view.name === record.environment);
  if (environment === undefined) return [];
  const { changes } = await vigie.store();
  const written = (await changes.steps(record.id)).filter(
    ({ uid, target }) => uid !== undefined && isOfCluster(target),
  );
  if (written.length === 0) return [];
  const past = await pastOf(vigie, record.id);
  const look = AbortSignal.any([signal, AbortSignal.timeout(lookMs)]);
  const end = environment.known.beginCall();
  try {
    const lines = await linesOf(written.slice(0, mostObjects), {
      record,
      environment,
      past,
      signal: look,
    });
    const left = written.length - mostObjects;
    return left > 0
      ? [...lines, `${left} more objects were not looked at for what others wrote since`]
      : lines;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof VigieError)) throw error;
    return [`what others wrote since was not looked at: ${look.aborted ? 'TIMEOUT' : error.code}`];
  } finally {
    end();
  }
}

/** Whatever the cluster holds was recorded with its apiVersion; what other systems hold has none. */
function isOfCluster({ apiVersion }: Ref): boolean {
  return apiVersion !== undefined;
}

async function linesOf(
  steps: readonly Step[],
  at: {
    record: ChangeRecord;
    environment: Environment;
    past: Past;
    signal: AbortSignal;
  },
): Promise<string[]> {
  const { record, environment, past } = at;
  const reach = await environment.reach(at.signal);
  if (record.cluster !== undefined)
    refuseOtherCluster(record.cluster, { environment: record.environment, found: await reach.identity() });
  const found = await inParallel(steps, {
    atOnce: objectsAtOnce,
    task: async step => {
      const live = await reach.reader.find(step.target);
      const what = past.deletions.has(step.index) ? madeAgain(step, live) : movedOn(step, { live, past });
      return what === undefined ? [] : [`${describeRef(step.target)}: ${what}`];
    },
  });
  return found.flat();
}

function madeAgain(step: Step, live: KubeObject | undefined): string | undefined {
  if (live === undefined || live.metadata.uid === step.uid) return undefined;
  return `made again since, at ${madeAt(live)}`;
}

function movedOn(
  step: Step,
  { live, past }: { live: KubeObject | undefined; past: Past },
): string | undefined {
  if (live === undefined) return 'gone since';
  if (live.metadata.uid !== step.uid) return `another object since, made at ${madeAt(live)}`;
  if (live.metadata.resourceVersion === step.resourceVersion || step.appliedAt === undefined)
    return undefined;
  const ourTime = Date.parse(step.appliedAt);
  const writes = writesSince(live, {
    own: fieldManager,
    from: past.from ?? new Date(ourTime - limits.clockSkewMs),
    until: past.until ?? new Date(ourTime + limits.clockSkewMs),
  });
  if (writes.length === 0) return undefined;
  const more = writes.length > mostWrites ? ` and ${writes.length - mostWrites} more` : '';
  return `also changed since by ${writes.slice(-mostWrites).map(writeText).join(', ')}${more}`;
}

function writeText({ manager, at, subresource }: ManagedWrite): string {
  const part = subresource === undefined ? '' : ` (${cleanLine(subresource, nameChars)})`;
  return `${cleanLine(manager, nameChars)}${part} at ${cleanLine(at, nameChars)}`;
}

function madeAt(live: KubeObject): string {
  return cleanLine(live.metadata.creationTimestamp ?? 'an unknown time', nameChars);
}

/** What the audit says of an execution. */
interface Past {
  /** Which steps took an object away. */
  deletions: ReadonlySet<number>;
  /** The server's clock before the first write. */
  from?: Date;
  /** The server's clock after the last. */
  until?: Date;
}

async function pastOf(vigie: Vigie, id: string): Promise<Past> {
  const { audit } = await vigie.store();
  const [began] = await audit.list({ changeId: id, events: ['approved', 'started'], limit: 1 });
  const [ended] = await audit.list({ changeId: id, events: ['finished'], limit: 1 });
  const targets = began?.facts['targets'];
  const listed = Array.isArray(targets) ? targets : [];
  const [from, until] = [serverTimeOf(began), serverTimeOf(ended)];
  return {
    deletions: new Set(
      listed.flatMap((target, index) =>
        isObject(target) && target['operation'] === 'delete' ? [index] : [],
      ),
    ),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

function serverTimeOf(row: AuditRow | undefined): Date | undefined {
  const time = row?.facts['serverTime'];
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? new Date(time) : undefined;
}
