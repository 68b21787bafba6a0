import { hmacHex } from '../core/digest.ts';
import { VigieError } from '../core/errors.ts';
import type { Keys } from '../core/keys.ts';
import { type Appended, AuditLog } from './audit.ts';
import { ChangeStore } from './change-store.ts';
import { type Database, openDatabase, type StorePlace } from './database.ts';
import { Gates } from './gates.ts';
import { migrate } from './migrate.ts';
import { Moments } from './moments.ts';
import type { ServerFacts } from './postgres-facts.ts';
import { Schedules } from './schedules.ts';
import { Settings } from './settings.ts';
import { ToldWitnesses } from './told-witnesses.ts';

/** Hears of each row of the audit that this process writes, before its transaction has ended. */
/** Everything Vigie remembers. Several processes may have the same one open. */
export class Store {
  readonly changes: ChangeStore;
  readonly audit: AuditLog;
  readonly settings: Settings;
  readonly witnesses: ToldWitnesses;
  readonly moments: Moments;
  readonly gates: Gates;
  readonly #database: Database;
  readonly #now: () => Date;
  readonly #scheduling: Omit<ConstructorParameters<typeof Schedules>[0], 'environment'>;

  constructor(parts: { database: Database; keys: Keys; now: () => Date; appended?: Appended }) {
    const { database, now, appended = () => undefined } = parts;
    this.#database = database;
    this.#now = now;
    this.audit = new AuditLog({ database, now, appended });
    this.changes = new ChangeStore({ ...parts, audit: this.audit });
    this.settings = new Settings({ database, now, audit: this.audit });
    this.witnesses = new ToldWitnesses({ database, now });
    this.#scheduling = { ...parts, audit: this.audit };
    this.moments = new Moments({ database, now });
    this.gates = new Gates({ database, audit: this.audit, now });
  }

  /** What stands in an environment by itself. */
  schedulesOf(environment: string): Schedules {
    return new Schedules({ ...this.#scheduling, environment });
  }

  /** How the server does that other machines share; undefined: it is a file. @throws VigieError STORE where it takes no writes */
  async look(): Promise<(ServerFacts & { name: string; writeMs: number }) | undefined> {
    const { name, server } = this.#database;
    if (server === undefined) return undefined;
    const begun = performance.now();
    await this.#database.write(tx =>
      tx
        .updateTable('schema_version')
        .set(eb => ({ version: eb.ref('version') }))
        .execute(),
    );
    const writeMs = Math.ceil(performance.now() - begun);
    return { name, writeMs, ...(await server(this.#now)) };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Opens the store, makes it when there is none, and brings its tables up to date.
 * @throws VigieError STORE: not reachable or readable, read-only, full, damaged, of a newer Vigie, or sealed with another key
 */
export async function openStore(
  input: StorePlace & { keys: Keys; now: () => Date; appended?: Appended },
): Promise<Store> {
  const database = await openDatabase(input);
  try {
    await migrate(database);
    const store = new Store({ ...input, database });
    await checkKey(store.settings, { keys: input.keys, name: database.name });
    return store;
  } catch (error) {
    await database.close();
    throw error;
  }
}

const keyMarkSetting = 'key.mark';

/** With another key every ticket and undo image would fail to open, one by one and late. */
async function checkKey(settings: Settings, { keys, name }: { keys: Keys; name: string }): Promise<void> {
  const mark = hmacHex(keys.digest, 'which key this store was made with');
  if ((await settings.keepFirst(keyMarkSetting, mark)) === mark) return;
  throw new VigieError('STORE', `The store ${name} was made with another installation key.`, {
    hint: 'Put the right keys/installation.key here: the former one, or that of the other machines. Or name another store; a new one is made.',
  });
}
