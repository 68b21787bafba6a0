import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { EngineJob } from '../engine.ts';
import { outputOf } from '../programs.ts';

/** A database of a ClickHouse server, as a set of backups names it. */
export interface ClickHouseSettings {
  database: string;
  /** Absent: localhost, where the commands run. */
  host?: string;
  port?: number;
  user?: string;
  tls?: boolean;
  /** A disk of the server that its configuration allows for backups. Absent: `backups`. */
  disk?: string;
  /** Where that disk lies for the commands of the set, absolute. Absent: where the server says that it lies. */
  path?: string;
}

type Step = Pick<EngineJob, 'runner' | 'signal' | 'deadlineMs'>;

/** How a server is asked. */
export interface ClickHouseServer extends Step {
  settings: ClickHouseSettings;
  secrets: Readonly<Record<string, string>>;
  /** Its client where the commands run. */
  program: readonly [string, ...string[]];
}

/** Of the names and hashes of ten thousand parts, in one statement. */
const queryBytes = 4 * 1024 * 1024;

/**
 * One statement; its rows as objects. Whole numbers past 2^53 are to be asked for as text. @throws VigieError BACKUP with
 * what the server says
 */
export async function askClickHouse(server: ClickHouseServer, sql: string): Promise<JsonObject[]> {
  const { settings, secrets, program } = server;
  const { host, port, user, tls } = settings;
  const { password } = secrets;
  const said = await outputOf(stepOf(server), {
    argv: [
      ...program,
      ...(host === undefined ? [] : ['--host', host]),
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(user === undefined ? [] : ['--user', user]),
      ...(tls === true ? ['--secure'] : []),
      '--format',
      'JSONEachRow',
      '--max_query_size',
      String(queryBytes),
    ],
    secrets: password === undefined ? {} : { CLICKHOUSE_PASSWORD: password },
    stdin: bytesOf(sql),
  });
  return rowsIn(said, server.runner.where);
}

/** The engine itself, on data in a folder, without a server: what stands in `folder` alone. */
export async function askLocal(
  step: Step,
  { folder, sql }: { folder: string; sql: string },
): Promise<JsonObject[]> {
  const said = await outputOf(stepOf(step), {
    argv: [
      'clickhouse',
      'local',
      '--config-file',
      `${folder}/config.xml`,
      '--path',
      `${folder}/data`,
      '--multiquery',
      '--output-format',
      'JSONEachRow',
      '--max_query_size',
      String(queryBytes),
    ],
    stdin: bytesOf(sql),
    folder,
  });
  return rowsIn(said, step.runner.where);
}

/** Finds its client. @throws VigieError NOT_STARTED */
export async function reachClickHouse(job: Omit<ClickHouseServer, 'program'>): Promise<ClickHouseServer> {
  const { settings, secrets } = job;
  const server = { ...stepOf(job), settings, secrets };
  const said = await outputOf(stepOf(job), { argv: ['sh', '-c', findScript] });
  if (said.trim() === 'clickhouse') return { ...server, program: ['clickhouse', 'client'] };
  if (said.trim() === 'clickhouse-client') return { ...server, program: ['clickhouse-client'] };
  throw new VigieError('NOT_STARTED', `On ${job.runner.where} there is no clickhouse client.`, {
    hint: 'Install clickhouse-client where the commands of the set run (run: in vigie.yaml).',
  });
}

const findScript =
  'for name in clickhouse clickhouse-client; do command -v "$name" >/dev/null && echo "$name" && exit; done; :';

function rowsIn(said: string, where: string): JsonObject[] {
  return said
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const row = parsed(line);
      if (row !== undefined) return row;
      throw new VigieError('BACKUP', `clickhouse on ${where} answered no rows of JSON.`);
    });
}

function parsed(line: string): JsonObject | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return isObject(row) ? row : undefined;
  } catch {
    return undefined;
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${text}\n`);
}

function stepOf({ runner, signal, deadlineMs }: Step): Step {
  return { runner, signal, deadlineMs };
}
