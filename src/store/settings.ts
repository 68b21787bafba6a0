import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import { isObject } from '../core/json.ts';
import type { AuditLog } from './audit.ts';
import type { AuditEntry } from './audit-row.ts';
import type { Database, Queries } from './database.ts';
import type { Tables } from './tables.ts';

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
const acceptedPolicyKey = 'policy.accepted';

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

  async killSwitch(): Promise<KillSwitch> {
    return this.#database.read(async db => {
      const facts: unknown = JSON.parse((await read(db, switchFactsKey)) ?? '{}');
      const text = (key: string): string =>
        isObject(facts) && typeof facts[key] === 'string' ? facts[key] : '';
      return { on: (await read(db, switchKey)) === 'on', by: text('by'), at: text('at'), why: text('why') };
    });
  }

  /** Switching it off needs an approver's signature, which the caller has verified. */
  async setKillSwitch(input: { on: boolean; by: string; why: string; audit: AuditEntry }): Promise<void> {
    const { on, by, why } = input;
    await this.#database.write(async tx => {
      await write(tx, { key: switchKey, value: on ? 'on' : 'off' });
      const facts = JSON.stringify({ by, why, at: this.#now().toISOString() });
      await write(tx, { key: switchFactsKey, value: facts });
      await this.#audit.append(input.audit, tx);
    });
  }

  /** Hash of the last policy that an approver signed; undefined: none. */
  async acceptedPolicy(): Promise<string | undefined> {
    return this.get(acceptedPolicyKey);
  }

  async setAcceptedPolicy(input: { hash: string; audit: AuditEntry }): Promise<void> {
    await this.#database.write(async tx => {
      await write(tx, { key: acceptedPolicyKey, value: input.hash });
      await this.#audit.append(input.audit, tx);
    });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#database.read(db => read(db, key));
  }

  async set(key: string, value: string): Promise<void> {
    await this.#database.write(tx => write(tx, { key, value }));
  }
}

/** As a part of the statement that lets a write go: nothing can come between. */
export function killSwitchIsOff(
  eb: ExpressionBuilder<Tables, 'changes'>,
): ExpressionWrapper<Tables, 'changes', SqlBool> {
  return eb.not(
    eb.exists(eb.selectFrom('settings').select('key').where('key', '=', switchKey).where('value', '=', 'on')),
  );
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
