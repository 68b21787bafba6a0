import { VigieError } from '../../core/errors.ts';
import type { Lease } from '../../core/journal.ts';
import type { SharedJournal } from '../../store/journal/postgres/postgres-journal.ts';
import { readPostgresUrl } from '../../store/postgres-place.ts';
import { openPool } from '../../store/postgres-pool.ts';
import { inTurn } from '../../store/postgres-turn.ts';

// What DBOS Transact is asked for: a queue that lasts, of which any worker takes. A segment, which is what happens to a run
// between a claim and its next wait or end, is one workflow of its own, known by the run and the epoch of its lease: it is
// taken once. What it did is in our journal, so a workflow has no steps, and one whose worker died is not gone on with: the
// run's next segment is.

/** Of DBOS's own tables. */
const schema = 'vigie_dbos';
/** DBOS makes its tables at its launch, and two launches at once break one another off. */
const tablesLock = 7_194_611_203;
/** Waiting segments of all workers. */
const queueName = 'segments';
const workflowName = 'segment';
/** What a segment is handed. Another form gets another version: workers take only segments of their own. */
const segmentVersion = 'segment-1';
/** How often each worker asks the queue. */
const pollMs = 100;
/** For its queries, beside those of the journal: DBOS asks the queue, starts and ends workflows side by side, and rarely needs more. */
const connections = 8;
/** A workflow that ended is kept so long for DBOS's own tools, and then removed, so many at once: in one statement, which must not keep the queue waiting. */
const keptMs = 24 * 3_600_000;
const removedAtOnce = 500;
/** Workflows that have been under way for longer than a lease are looked at, so many at once: more than workers have places. */
const lookedAt = 200;
/** For workflows that are under way when this process stops: they have let go of their runs before. */
const endMs = 5_000;

/** A queue of segments for one worker. */
export interface Dispatch {
  /** Hands out a run that was claimed under that lease. The same lease again hands out nothing. */
  put(lease: Lease): Promise<void>;
  /** Ends the workflows of segments that nobody goes on with, and removes those that ended long ago. */
  clean(olderThanMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the queue, and takes segments from it, `most` at once: the newest worker's `most` is everybody's.
 * @throws VigieError STORE
 */
export async function openDispatch(input: {
  url: string;
  journal: SharedJournal;
  /** A name that no other worker has, or had. */
  worker: string;
  most: number;
  /** Goes on with a run until it is let go of. Never throws. */
  segment: (lease: Lease) => Promise<void>;
  /** What DBOS warns of. */
  warned: (text: string) => void;
}): Promise<Dispatch> {
  const { url, journal, worker, most, segment, warned } = input;
  const place = readPostgresUrl(url);
  const [{ DBOS }, pool] = await Promise.all([
    import('@dbos-inc/dbos-sdk'),
    openPool(place, { most: connections, called: 'vigie dispatch' }),
  ]);
  const silent = (): void => undefined;
  const warn = (entry: unknown): void => warned(entry instanceof Error ? entry.message : String(entry));
  DBOS.setConfig({
    name: 'vigie',
    systemDatabasePool: pool,
    systemDatabaseSchemaName: schema,
    applicationVersion: segmentVersion,
    executorID: worker,
    useListenNotify: false,
    // Standard output is not DBOS's.
    logger: { info: silent, debug: silent, warn, error: warn },
  });
  const workflow = DBOS.registerWorkflow(segment, { name: workflowName });
  try {
    await inTurn(pool, tablesLock, () => DBOS.launch());
    await DBOS.registerQueue(queueName, {
      workerConcurrency: most,
      minPollingIntervalMs: pollMs,
      onConflict: 'always_update',
    });
  } catch (cause) {
    await DBOS.shutdown({ deregister: true });
    await pool.end();
    throw new VigieError('STORE', `The queue of runs in ${place.name} cannot be opened.`, {
      hint: 'Look whether its user may make a schema there, then try again.',
      cause,
    });
  }
  return {
    async put(lease) {
      await DBOS.startWorkflow(workflow, { workflowID: segmentId(lease), queueName })(lease);
    },

    async clean(olderThanMs) {
      const before = (ms: number): string => new Date(Date.now() - ms).toISOString();
      const query = { queueName, applicationVersion: segmentVersion, loadInput: false, loadOutput: false };
      const open = await DBOS.listWorkflows({
        ...query,
        status: ['PENDING', 'ENQUEUED'],
        endTime: before(olderThanMs),
        limit: lookedAt,
      });
      const segments = open.flatMap(({ workflowID }) => leaseOf(workflowID) ?? []);
      const held = new Set((await journal.held(segments)).map(segmentId));
      const left = segments.map(segmentId).filter(id => !held.has(id));
      if (left.length > 0) await DBOS.cancelWorkflows(left);
      const old = await DBOS.listWorkflows({
        ...query,
        status: ['SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
        completedBefore: before(keptMs),
        limit: removedAtOnce,
      });
      if (old.length > 0) await DBOS.deleteWorkflows(old.map(({ workflowID }) => workflowID));
    },

    async close() {
      await DBOS.shutdown({ deregister: true, workflowCompletionTimeoutMS: endMs });
      await pool.end();
    },
  };
}

type SegmentLease = Pick<Lease, 'run' | 'epoch'>;

function segmentId({ run, epoch }: SegmentLease): string {
  return `${run}#${epoch}`;
}

function leaseOf(id: string): SegmentLease | undefined {
  const [, run, epoch] = /^(.+)#(\d+)$/s.exec(id) ?? [];
  return run === undefined ? undefined : { run, epoch: Number(epoch) };
}
