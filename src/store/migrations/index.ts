import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';
import { createChangesAndAudit } from './001-changes-and-audit.ts';

/** In order; the number of a migration is its place, from 1. One that has shipped is never edited. */
export const migrations: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [createChangesAndAudit];
