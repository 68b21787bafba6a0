import {
  type ClickhousePlace,
  clickhouseClients,
  clickhouseSecrets,
  clickhouseWords,
  rowsIn,
} from '../../clients/clickhouse/connection.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { outputOf, type Within } from '../programs.ts';

/** A database of a ClickHouse server, as a set of backups names it. */
export interface ClickHouseSettings extends ClickhousePlace {
  database: string;
  /** A disk of the server that its configuration allows for backups. Absent: `backups`. */
  disk?: string;
  /** Where that disk lies for the commands of the set, absolute. Absent: where the server says that it lies. */
  path?: string;
}

/** How a server is asked. */
export interface ClickHouseServer extends Within {
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
  const said = await outputOf(server, {
    argv: [
      ...program,
      ...clickhouseWords(settings),
      '--format',
      'JSONEachRow',
      '--max_query_size',
      String(queryBytes),
    ],
    secrets: clickhouseSecrets(secrets['password']),
    stdin: bytesOf(sql),
  });
  return toldRows(said, server.runner.where);
}

/** The engine itself, on data in a folder, without a server: what stands in `folder` alone. */
export async function askLocal(
  step: Within,
  { folder, sql }: { folder: string; sql: string },
): Promise<JsonObject[]> {
  const said = await outputOf(step, {
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
  return toldRows(said, step.runner.where);
}

/** Finds its client. @throws VigieError NOT_STARTED */
export async function reachClickHouse(job: Omit<ClickHouseServer, 'program'>): Promise<ClickHouseServer> {
  const said = await outputOf(job, { argv: ['sh', '-c', findScript] });
  const program = clickhouseClients.find(([name]) => name === said.trim());
  if (program !== undefined) return { ...job, program };
  throw new VigieError('NOT_STARTED', `On ${job.runner.where} there is no clickhouse client.`, {
    hint: 'Install clickhouse-client where the commands of the set run (run: in vigie.yaml).',
  });
}

const names = clickhouseClients.map(([name]) => name).join(' ');
const findScript = `for name in ${names}; do command -v "$name" >/dev/null && echo "$name" && exit; done; :`;

function toldRows(said: string, where: string): JsonObject[] {
  const rows = rowsIn(said);
  if (rows === undefined) throw new VigieError('BACKUP', `clickhouse on ${where} answered no rows of JSON.`);
  return rows;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${text}\n`);
}
