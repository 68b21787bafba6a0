import type { Engine } from '../engine.ts';
import { clickhouse } from './clickhouse.ts';
import { cnpg } from './cnpg.ts';
import { files } from './files.ts';
import { postgresDump } from './postgres-dump.ts';
import { postgresPhysical } from './postgres-physical.ts';
import { redis } from './redis.ts';
import { sqlite } from './sqlite.ts';

const all: readonly Engine[] = [clickhouse, postgresDump, postgresPhysical, redis, sqlite, cnpg, files];

/** Engines by their name in vigie.yaml. */
export const engines: ReadonlyMap<string, Engine> = new Map(all.map(engine => [engine.name, engine]));
