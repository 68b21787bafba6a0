import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { SignedStatement } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { AuditLog } from './audit.ts';
import { type AuditEntry, type AuditEvent, beginning, switchEvents } from './audit-row.ts';
import type { Database, Queries } from './database.ts';
import type { Tables } from './tables.ts';

// A row here can be written by whoever may write the file, so none lets anything go by itself: what lifts the kill
// switch, accepts a policy or trusts a plugin is a statement that an approver signed. It is kept in its audit row, and
// the pipeline verifies it on each use. The row of the switch can only hold changes back.

/** `by`, `at` and `why` say who switched it last; empty while nobody has. */
export interface KillSwitch {
  on: boolean;
  by: string;
  at: string;
  why: string;
}

/** `on` or `off`, on its own so that one SQL condition can hold every write back. */
const switchKey = 'kill-switch';
const switchFactsKey = 'kill-switch.facts';

/** The few facts of an installation that are no change: kill switch, accepted policy. */
export class Settings {
  readonly #database: Database;
  readonly #audit: AuditLog;
  readonly #now: () => Date;

  constructor(parts: { database: Database; audit: AuditLog; now: () => Date }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#now = parts.now;
  }

  /** As the switch's own row has it; that it is off is true only if the audit agrees. */
  async killSwitch(): Promise<KillSwitch> {
    return this.#database.read(readSwitch);
  }

  /**
   * Switching it on where it is on already records nothing, so that nobody fills the audit with it, and answers who did.
   * Switching it off needs a statement that names the newest row about the switch. @throws VigieError CONFLICT
   */
  async setKillSwitch(
    input: { by: string; why: string; audit: AuditEntry } & (
      | { on: true }
      | { on: false; signed: SignedStatement }
    ),
  ): Promise<{ onBefore?: KillSwitch }> {
    const { on, by, why } = input;
    return this.#database.write(async tx => {
      const before = await readSwitch(tx);
      if (on && before.on && (await newestSwitchEvent(tx)) === 'kill_switch_on') return { onBefore: before };
      if (!input.on) await refuseUnlessNewest(tx, input.signed);
      await write(tx, { key: switchKey, value: on ? 'on' : 'off' });
      const facts = JSON.stringify({ by, why, at: this.#now().toISOString() });
      await write(tx, { key: switchFactsKey, value: facts });
      await this.#audit.append(input.on ? input.audit : withStatement(input.audit, input.signed), tx);
      return {};
    });
  }

  /**
   * Records that an approver accepted a policy; the newest such row is the one that counts. The statement names the
   * newest until then. @throws VigieError CONFLICT
   */
  async setAcceptedPolicy(input: { signed: SignedStatement; audit: AuditEntry }): Promise<void> {
    await this.#database.write(async tx => {
      await refuseUnlessLastAccepted(tx, input.signed);
      await this.#audit.append(withStatement(input.audit, input.signed), tx);
    });
  }

  /**
   * Records that an approver trusts an environment's credential plugin; the newest such row of the environment is the
   * one that counts. The statement names the newest until then. @throws VigieError CONFLICT
   */
  async setTrustedPlugin(input: {
    environment: string;
    signed: SignedStatement;
    audit: AuditEntry;
  }): Promise<void> {
    const { environment, signed } = input;
    await this.#database.write(async tx => {
      await refuseUnlessLastTrusted(tx, { environment, signed });
      await this.#audit.append({ ...withStatement(input.audit, signed), environment }, tx);
    });
  }

  /** What stands under a key; where nothing does, `value` from now on. Of two that come at once both are told the same. */
  async keepFirst(key: string, value: string): Promise<string> {
    const known = await this.#database.read(db => read(db, key));
    if (known !== undefined) return known;
    return this.#database.write(async tx => {
      const stands = await read(tx, key);
      if (stands === undefined) await write(tx, { key, value });
      return stands ?? value;
    });
  }
}

/** As a part of the statement that lets a write go: nothing can come between. */
export function killSwitchIsOff(
  eb: ExpressionBuilder<Tables, 'changes'>,
): ExpressionWrapper<Tables, 'changes', SqlBool> {
  const set = eb.selectFrom('settings').select('key').where('key', '=', switchKey).where('value', '=', 'on');
  const newest = eb
    .selectFrom('audit')
    .select(({ fn }) => fn.max('audit.sequence').as('sequence'))
    .where('event', 'in', switchEvents);
  const recorded = eb
    .selectFrom('audit')
    .select('sequence')
    .where('sequence', '=', newest)
    .where('event', '=', 'kill_switch_on');
  return eb.not(eb.or([eb.exists(set), eb.exists(recorded)]));
}

async function newestOf(
  tx: Queries,
  { events, environment }: { events: readonly AuditEvent[]; environment?: string },
): Promise<string> {
  let query = tx
    .selectFrom('audit')
    .select('hash')
    .where('event', 'in', events)
    .orderBy('sequence', 'desc')
    .limit(1);
  if (environment !== undefined) query = query.where('environment', '=', environment);
  const newest = await query.executeTakeFirst();
  return newest?.hash ?? beginning;
}

async function refuseUnlessLastAccepted(tx: Queries, { statement }: SignedStatement): Promise<void> {
  if (
    statement.act === 'policy-accept' &&
    statement.follows === (await newestOf(tx, { events: ['policy_accepted'] }))
  )
    return;
  throw new VigieError('CONFLICT', 'A policy was accepted since this was signed; that one stays accepted.', {
    hint: 'See `vigie policy show`.',
  });
}

async function refuseUnlessLastTrusted(
  tx: Queries,
  { environment, signed: { statement } }: { environment: string; signed: SignedStatement },
): Promise<void> {
  const follows = await newestOf(tx, { events: ['env_trusted'], environment });
  const fits = statement.act === 'env-trust' && statement.environment === environment;
  if (fits && statement.follows === follows) return;
  throw new VigieError(
    'CONFLICT',
    `The credential plugin of ${environment} was trusted anew since this was signed; that stays.`,
    { hint: 'See `vigie env list`.' },
  );
}

async function refuseUnlessNewest(tx: Queries, { statement }: SignedStatement): Promise<void> {
  if (
    statement.act === 'kill-switch-off' &&
    statement.lifts === (await newestOf(tx, { events: switchEvents }))
  )
    return;
  throw new VigieError(
    'CONFLICT',
    'The kill switch was switched again since this was signed; it stays as it is.',
    {
      hint: 'See `vigie kill-switch status`.',
    },
  );
}

function withStatement(audit: AuditEntry, signed: SignedStatement): AuditEntry {
  const { statement, signature, publicKey } = signed;
  const facts: JsonObject = { ...audit.facts, statement: { ...statement }, signature, publicKey };
  return { ...audit, facts };
}

/** As the switch's own rows have it. */
async function readSwitch(db: Queries): Promise<KillSwitch> {
  const facts: unknown = JSON.parse((await read(db, switchFactsKey)) ?? '{}');
  const text = (key: string): string => (isObject(facts) && typeof facts[key] === 'string' ? facts[key] : '');
  return { on: (await read(db, switchKey)) === 'on', by: text('by'), at: text('at'), why: text('why') };
}

async function newestSwitchEvent(db: Queries): Promise<AuditEvent | undefined> {
  const newest = await db
    .selectFrom('audit')
    .select('event')
    .where('event', 'in', switchEvents)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.event;
}

async function read(db: Queries, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

async function write(db: Queries, { key, value }: { key: string; value: string }): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict(conflict => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
