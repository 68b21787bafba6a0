import { hmacHex } from '../core/digest.ts';
import { VigieError } from '../core/errors.ts';
import type { Keys } from '../core/keys.ts';
import { type Appended, AuditLog } from './audit.ts';
import { ChangeStore } from './change-store.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { Moments } from './moments.ts';
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
  readonly #database: Database;
  readonly #scheduling: Omit<ConstructorParameters<typeof Schedules>[0], 'environment'>;

  constructor(parts: { database: Database; keys: Keys; now: () => Date; appended?: Appended }) {
    const { database, now, appended = () => undefined } = parts;
    this.#database = database;
    this.audit = new AuditLog({ database, now, appended });
    this.changes = new ChangeStore({ ...parts, audit: this.audit });
    this.settings = new Settings({ database, now, audit: this.audit });
    this.witnesses = new ToldWitnesses({ database, now });
    this.#scheduling = { ...parts, audit: this.audit };
    this.moments = new Moments({ database, now });
  }

  /** What stands in an environment by itself. */
  schedulesOf(environment: string): Schedules {
    return new Schedules({ ...this.#scheduling, environment });
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Opens the store, makes it when there is none, and brings its tables up to date.
 * @throws VigieError STORE: not readable, read-only, full, damaged, of a newer Vigie, or sealed with another key
 */
export async function openStore(input: {
  file: string;
  keys: Keys;
  now: () => Date;
  appended?: Appended;
}): Promise<Store> {
  const database = await openDatabase(input.file);
  try {
    await migrate(database);
    const store = new Store({ ...input, database });
    await checkKey(store.settings, input);
    return store;
  } catch (error) {
    await database.close();
    throw error;
  }
}

const keyMarkSetting = 'key.mark';

/** With another key every ticket and undo image would fail to open, one by one and late. */
async function checkKey(settings: Settings, { file, keys }: { file: string; keys: Keys }): Promise<void> {
  const mark = hmacHex(keys.digest, 'which key this store was made with');
  const known = await settings.get(keyMarkSetting);
  if (known === undefined) await settings.set(keyMarkSetting, mark);
  else if (known !== mark) {
    throw new VigieError('STORE', `The store ${file} was made with another installation key.`, {
      hint: 'Put the former keys/installation.key back, or move the store away; a new one is made.',
    });
  }
}
