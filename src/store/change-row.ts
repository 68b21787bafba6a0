import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Actor } from '../core/actor.ts';
import type { ClusterIdentity } from '../core/cluster.ts';
import { VigieError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { RiskLevel } from '../core/preview.ts';
import type { Ref } from '../core/ref.ts';
import { trusted } from '../core/trusted-text.ts';
import type { ChangeRecord, ChangeState } from './change-reader.ts';
import type { ChangeTable, Tables } from './tables.ts';

/** What its time ends by itself. */
const ends: readonly ChangeState[] = ['waiting', 'approved'];

/** An open ticket or an approved gate whose time is over reads as expired, whether or not somebody has closed it yet. */
export function readChange(row: ChangeTable, now: string): ChangeRecord {
  const expired = ends.includes(row.state) && row.expires_at !== null && row.expires_at <= now;
  return {
    id: row.id,
    environment: row.environment,
    clusterUid: row.cluster_uid,
    ...(row.cluster === null ? {} : { cluster: JSON.parse(row.cluster) as ClusterIdentity }),
    tool: row.tool,
    digest: row.digest,
    state: expired ? 'expired' : row.state,
    actor: JSON.parse(row.actor) as Actor,
    risk: row.risk as RiskLevel,
    summary: row.summary,
    targets: JSON.parse(row.targets) as Ref[],
    diff: row.diff,
    ...(row.reason === null ? {} : { reason: row.reason }),
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    evidence: JSON.parse(row.evidence) as string[],
    ...(row.undo_of === null ? {} : { undoOf: row.undo_of }),
    ...(row.undone_by === null ? {} : { undoneBy: row.undone_by }),
    undo: row.undo,
  };
}

/** The columns that come from the plan; what it holds sealed stays out. */
export function planColumns(plan: Plan) {
  return {
    id: plan.id,
    environment: plan.environment,
    cluster_uid: plan.cluster.uid,
    cluster: JSON.stringify(plan.cluster),
    tool: plan.tool,
    digest: plan.digest,
    actor: JSON.stringify(plan.actor),
    risk: plan.risk.level,
    targets: JSON.stringify(targetsOf(plan)),
    reason: plan.reason ?? null,
    created_at: plan.createdAt,
    undo_of: plan.undoOf ?? null,
  };
}

/** As the server names them, where it was asked. */
export function targetsOf(plan: Plan): Ref[] {
  return plan.changes.map((change, index) => plan.previews[index]?.target ?? change.target);
}

/** One object under all versions of its API. */
export function objectKey({ apiVersion = '', kind, namespace = '', name }: Ref): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [group, kind, namespace, name].join('/');
}

export function planLabel(id: string): string {
  return `plan ${id}`;
}

/** A part of a WHERE over changes. */
export type ChangeCondition = (eb: ExpressionBuilder<Tables, 'changes'>) => Expression<SqlBool>;

/** A ticket that may still be decided. */
export function isOpenAt(now: string): ChangeCondition {
  return eb =>
    eb.and([eb('state', '=', 'waiting'), eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])]);
}

/** In one of the states as `readChange` reads them. */
export function isIn(states: readonly ChangeState[], now: string): ChangeCondition {
  return eb => {
    const over = eb.and([eb('state', 'in', ends), eb('expires_at', '<=', now)]);
    // Without a time it never is.
    const stands = eb.or([
      eb('state', 'not in', ends),
      eb('expires_at', 'is', null),
      eb('expires_at', '>', now),
    ]);
    const either: Expression<SqlBool>[] = [eb.and([eb('state', 'in', states), stands])];
    if (states.includes('expired')) either.push(over);
    return eb.or(either);
  };
}

export function closedTicket(row: ChangeTable): VigieError {
  const { id, state } = row;
  const by = row.decided_by === null ? '' : ` by ${row.decided_by}`;
  return new VigieError(
    'TICKET_CLOSED',
    `The change ${id} is ${state.replaceAll('_', ' ')}${by}; it can no longer be decided or continued here.`,
    {
      hint: trusted`See \`vigie changes get ${id}\`.`,
      details: { state },
    },
  );
}
