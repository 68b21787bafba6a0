import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';
import { createChangesAndAudit } from './001-changes-and-audit.ts';
import { indexAuditByEvent } from './002-audit-by-event.ts';
import { createClusterOfChange } from './003-cluster-of-change.ts';
import { createBudgets } from './004-budgets.ts';
import { createWitnesses } from './005-witnesses.ts';
import { createRejections } from './006-rejections.ts';
import { createOwnWords } from './007-own-words.ts';
import { createSchedules } from './008-schedules.ts';
import { createGates } from './009-gates.ts';

/** In order; the number of a migration is its place, from 1. One that has shipped is never edited. */
export const migrations: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [
  createChangesAndAudit,
  indexAuditByEvent,
  createClusterOfChange,
  createBudgets,
  createWitnesses,
  createRejections,
  createOwnWords,
  createSchedules,
  createGates,
];
