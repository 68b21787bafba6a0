/** From where on a value is bad; it is as bad only when it lies beyond. */
export interface Threshold {
  unit: 'percent' | 'seconds' | 'bytes' | 'milliseconds' | 'count';
  /** Whether more is worse, or less. */
  worse: 'above' | 'below';
  warning?: number;
  critical?: number;
  /** Who says so. `our choice`: nobody does, and it is meant to be rarely passed without a reason. */
  source: string;
}

const mega = 1_000_000;
const giga = 1_000 * mega;
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const ours = 'our choice';
const capacity = "operators' capacity alert";
const growth = "operators' signal that more is needed";

/** Every threshold, by service and what is measured. */
export const thresholds = {
  p99: {
    unit: 'seconds',
    worse: 'above',
    warning: 1,
    source: growth,
  },

  'postgres.connections': { unit: 'percent', worse: 'above', warning: 80, critical: 95, source: capacity },
  'postgres.transaction': {
    unit: 'seconds',
    worse: 'above',
    warning: hour,
    critical: 6 * hour,
    source: ours,
  },
  'postgres.idleInTransaction': {
    unit: 'seconds',
    worse: 'above',
    warning: 5 * minute,
    critical: hour,
    source: ours,
  },
  'postgres.blocked': { unit: 'count', worse: 'above', warning: 10, source: ours },
  'postgres.lagSeconds': { unit: 'seconds', worse: 'above', warning: 30, critical: 5 * minute, source: ours },
  'postgres.lagBytes': { unit: 'bytes', worse: 'above', warning: 64 * mega, critical: giga, source: ours },
  'postgres.slotBytes': { unit: 'bytes', worse: 'above', warning: giga, critical: 10 * giga, source: ours },
  'postgres.deadTuples': {
    unit: 'percent',
    worse: 'above',
    warning: 40,
    source: 'twice autovacuum_vacuum_scale_factor, from which on autovacuum is to have begun',
  },
  'postgres.meanMs': {
    unit: 'milliseconds',
    worse: 'above',
    warning: 1_000,
    source: growth,
  },
  'postgres.xidAge': {
    unit: 'count',
    worse: 'above',
    warning: 1_000_000_000,
    critical: 1_600_000_000,
    source: 'half of what there are; vacuum_failsafe_age of PostgreSQL',
  },

  'redis.memory': { unit: 'percent', worse: 'above', warning: 80, critical: 95, source: ours },
  'redis.clients': { unit: 'percent', worse: 'above', warning: 80, critical: 95, source: capacity },
  'redis.blocked': { unit: 'count', worse: 'above', warning: 100, source: ours },
  'redis.lagSeconds': {
    unit: 'seconds',
    worse: 'above',
    warning: 10,
    critical: minute,
    source: 'min-replicas-max-lag and repl-timeout of Redis',
  },

  'clickhouse.delay': {
    unit: 'seconds',
    worse: 'above',
    warning: 5 * minute,
    critical: hour,
    source: 'max_replica_delay_for_distributed_queries of ClickHouse; our choice',
  },
  'clickhouse.queue': { unit: 'count', worse: 'above', warning: 100, critical: 1_000, source: ours },
  'clickhouse.parts': {
    unit: 'count',
    worse: 'above',
    warning: 1_000,
    critical: 3_000,
    source: 'parts_to_delay_insert and parts_to_throw_insert of ClickHouse',
  },
  'clickhouse.free': { unit: 'percent', worse: 'below', warning: 20, critical: 5, source: capacity },

  'patroni.lag': {
    unit: 'bytes',
    worse: 'above',
    warning: 1_048_576,
    critical: giga,
    source: 'maximum_lag_on_failover of Patroni, above which a member takes no lead; our choice',
  },

  'cnpg.certificate': {
    unit: 'seconds',
    worse: 'below',
    warning: 6 * day,
    critical: day,
    source: 'CloudNativePG renews 7 days before the end; our choice',
  },
  'cnpg.backupAge': {
    unit: 'seconds',
    worse: 'above',
    warning: 26 * hour,
    source: 'a backup a day, and two hours for it',
  },
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof thresholds;
