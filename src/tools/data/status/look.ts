import { VigieError } from '../../../core/errors.ts';
import { inTime } from '../../../core/in-time.ts';
import { cleanLine } from '../../../core/text.ts';
import { judgeClickhouse } from '../../../data/clickhouse.ts';
import { judgeCnpg } from '../../../data/cnpg.ts';
import { judgePatroni } from '../../../data/patroni.ts';
import { judgePostgres } from '../../../data/postgres.ts';
import { judgeRedis } from '../../../data/redis.ts';
import { type Line, notChecked } from '../../../data/verdict.ts';
import type { DataReader, DataSystem } from '../../../toolkit/data-system.ts';

/** A service that is up answers all of it in a second, and a person waits for those that are down. */
const answerMs = 10_000;
/** After that a program was told to end, and what it had said by then still counts. */
const graceMs = 2_000;
const whyChars = 400;

/** What a look at one service came to. `about` is what answered; absent: nothing did. */
export interface Looked {
  about?: string;
  lines: Line[];
  /** It was not asked, since Vigie is read-only. */
  heldBack?: true;
}

/**
 * Asks one service how it is. Whatever keeps it from answering is a line, for others are asked as well: a critical one,
 * since nobody else can use it either, but where Vigie may not ask.
 */
export async function lookAt(
  service: string,
  { data, now, signal }: { data: DataSystem; now: () => Date; signal: AbortSignal },
): Promise<Looked> {
  const late = new AbortController();
  try {
    const within = { signal: AbortSignal.any([signal, late.signal]), deadlineMs: answerMs };
    return await inTime(
      data.open(service, within).then(reader => judge(reader, now)),
      { ms: answerMs + graceMs, late: () => new VigieError('TIMEOUT', 'It did not answer.') },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof VigieError)) throw error;
    const why = whyNot(error);
    if (error.code === 'READ_ONLY') return { lines: [notChecked('service', why)], heldBack: true };
    return { lines: [{ check: 'service', level: 'critical', text: why }] };
  } finally {
    late.abort();
  }
}

function whyNot(error: VigieError): string {
  if (error.code === 'TIMEOUT') return `no answer in ${answerMs / 1000} s`;
  if (error.code === 'READ_ONLY') return 'its programs run in a pod, which Vigie does not enter read-only';
  return cleanLine(error.message, whyChars);
}

async function judge(opened: DataReader, now: () => Date): Promise<Looked> {
  switch (opened.engine) {
    case 'postgres':
      return judgePostgres(await opened.reader.ask());
    case 'redis': {
      const info = await opened.reader.info();
      if (info.get('cluster_enabled') !== '1') return judgeRedis(info, {});
      const cluster = await opened.reader.clusterInfo().catch(refusalOf);
      if (!(cluster instanceof VigieError)) return judgeRedis(info, { cluster });
      const { about, lines } = judgeRedis(info, {});
      return { about, lines: [...lines, notChecked('cluster', cleanLine(cluster.message, whyChars))] };
    }
    case 'clickhouse':
      return judgeClickhouse(await opened.reader.ask());
    case 'patroni': {
      const cluster = await opened.reader.cluster();
      return judgePatroni(cluster, { config: await configOf(opened) });
    }
    case 'cnpg':
      return judgeCnpg(await opened.read(), { now: now() });
  }
}

/** A right that is missing for one line hides no other. */
function refusalOf(error: unknown): VigieError {
  if (error instanceof VigieError && error.code === 'FORBIDDEN') return error;
  throw error;
}

/** Undefined: members are told, and what holds for all is not. */
async function configOf({ reader }: Extract<DataReader, { engine: 'patroni' }>) {
  try {
    return await reader.config();
  } catch (error) {
    if (error instanceof VigieError && error.code !== 'CANCELLED') return undefined;
    throw error;
  }
}
