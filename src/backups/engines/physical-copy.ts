import type { PostgresSettings } from '../../clients/postgres/connection.ts';
import type { ContentItem } from '../../core/copy.ts';
import type { DumpJob } from '../engine.ts';

/** A whole PostgreSQL server, as a set of backups names it. */
export interface PostgresPhysicalSettings extends PostgresSettings {
  /** The replication slot that holds WAL for the next run; made by the first. Absent: whole copies only, no point in time. */
  slot?: string;
  /** After so many hours a run copies the whole server again. Absent: a day. */
  baseEveryHours?: number;
  /** False: nothing is written to the source. Absent: the marker is a setting of the set's own role. */
  marker?: boolean;
}

export type PhysicalJob = DumpJob<PostgresPhysicalSettings>;

/** The part of a copy of the whole server. */
export const basePart = 'base.tar.gz';
/** Of a part that holds a segment of WAL, after its name. */
export const walSuffix = '.gz';

/** Each database that a copy holds. */
export function databaseItems(names: readonly string[]): ContentItem[] {
  return names.map(name => ({ name: `database ${name}`, count: 1 }));
}
