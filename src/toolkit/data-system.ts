import type { ClickhouseReader } from '../clients/clickhouse/reader.ts';
import type { PatroniReader } from '../clients/patroni/reader.ts';
import type { PostgresReader } from '../clients/postgres/reader.ts';
import type { RedisReader } from '../clients/redis/reader.ts';
import type { KubeObject } from '../kubernetes/object.ts';

/** The services of an environment that hold data, and what asks each how it is. Nothing here can write to one. */
export interface DataSystem {
  readonly services: ReadonlyMap<string, DataServiceView>;
  /**
   * What asks a service; sends nothing to it by itself. Programs in a pod are not run in read-only mode.
   * @throws VigieError READ_ONLY, SECRET, NOT_FOUND, NOT_STARTED where no container there can be used
   */
  open(service: string, within: { signal: AbortSignal; deadlineMs: number }): Promise<DataReader>;
}

/** One of them as vigie.yaml names it, without anything secret. */
export interface DataServiceView {
  name: string;
  engine: DataReader['engine'];
  /** Where it is asked: `db:5432, from Pod/…`. */
  shown: string;
  /** PromQL for its 99th percentile in seconds. Absent: nobody tells it. */
  p99?: string;
}

export type DataReader =
  | { engine: 'postgres'; reader: PostgresReader }
  | { engine: 'redis'; reader: RedisReader }
  | { engine: 'clickhouse'; reader: ClickhouseReader }
  | { engine: 'patroni'; reader: PatroniReader }
  | { engine: 'cnpg'; read(): Promise<KubeObject> };
