import type { Actor } from '../../core/actor.ts';
import { hmacHex } from '../../core/digest.ts';
import { canonicalJson, isObject, type JsonObject, textOf } from '../../core/json.ts';
import { auditFacts } from '../../pipeline/audit-facts.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { AuditRow } from '../../store/audit-row.ts';

/** Rows that are read at once, and how many times: more rehearsals within its time than anybody waits for. */
const pageRows = 200;
const mostPages = 10;
/** A clock that was set back a little hides no rehearsal; a row from further ahead counts for nothing. */
const aheadMs = 120_000;

/**
 * Records that a rehearsal ended well, so that it can be proven later. It is worth what the audit is: whoever can append to
 * it can write such a row. Inputs are in it as an HMAC alone.
 */
export async function recordRehearsal(
  vigie: Vigie,
  of: {
    playbook: string;
    /** Of its definition. */
    digest: string;
    /** With all that it calls: what counts when it is asked for. */
    whole: string;
    environment: string;
    inputs: JsonObject;
    /** Objects that it changed: none where it met nothing to do. */
    changed: number;
    /** Steps of which nothing is known. */
    notRehearsed: number;
    actor: Actor;
    signal: AbortSignal;
  },
): Promise<AuditRow> {
  const { actor, environment, inputs, signal, ...facts } = of;
  const cluster = await clusterOf(vigie, { environment, signal });
  const { digest: key } = await vigie.keys();
  const { audit } = await vigie.store();
  return audit.append({
    event: 'rehearsed',
    environment,
    facts: await auditFacts(vigie, {
      actor,
      more: { ...facts, inputs: hmacHex(key, canonicalJson(inputs)), cluster, outcome: 'done' },
    }),
  });
}

/** The newest record of a rehearsal of all these definitions on the cluster that the environment is now; undefined: none in time. */
export async function rehearsedWithin(
  vigie: Vigie,
  {
    whole,
    environment,
    withinMs,
    signal,
  }: { whole: string; environment: string; withinMs: number; signal: AbortSignal },
): Promise<AuditRow | undefined> {
  const { audit } = await vigie.store();
  const now = vigie.now().getTime();
  let before: number | undefined;
  for (let page = 0; page < mostPages; page++) {
    const rows = await audit.list({
      events: ['rehearsed'],
      environment,
      limit: pageRows,
      ...(before === undefined ? {} : { before }),
    });
    for (const row of rows) {
      const ageMs = now - Date.parse(row.at);
      if (ageMs > withinMs || ageMs < -aheadMs || textOf(row.facts, 'whole') !== whole) continue;
      if (isSame(row.facts['cluster'], await clusterOf(vigie, { environment, signal }))) return row;
    }
    before = rows.at(-1)?.sequence;
    if (rows.length < pageRows) return undefined;
  }
  return undefined;
}

async function clusterOf(
  vigie: Vigie,
  { environment, signal }: { environment: string; signal: AbortSignal },
): Promise<{ uid: string; connection: string }> {
  const reach = await environmentOf(vigie, { environment }).reach(signal);
  const { uid, connection } = await reach.identity();
  return { uid, connection };
}

/** Where its uid may not be read, a cluster is known by its address alone. */
function isSame(recorded: unknown, found: { uid: string; connection: string }): boolean {
  if (!isObject(recorded) || recorded['uid'] !== found.uid) return false;
  return found.uid !== 'unreadable' || recorded['connection'] === found.connection;
}
