import { probeClickHouse } from './clickhouse.ts';
import { probeCnpg } from './cnpg.ts';
import { probeFiles } from './files.ts';
import { probePostgres, probePostgresPhysical } from './postgres.ts';
import type { Probe } from './probe.ts';
import { probeRedis } from './redis.ts';
import { probeSqlite } from './sqlite.ts';

/** Probes by the name of their engine. */
export const probes: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['clickhouse', probeClickHouse],
  ['postgres', probePostgres],
  ['postgres-physical', probePostgresPhysical],
  ['redis', probeRedis],
  ['sqlite', probeSqlite],
  ['cnpg', probeCnpg],
  ['files', probeFiles],
]);
