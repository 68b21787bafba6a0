import type { Keys } from '../core/keys.ts';
import { AuditLog } from './audit.ts';
import { ChangeStore } from './change-store.ts';
import { Settings } from './settings.ts';

export class Store {
  readonly changes = new ChangeStore();
  readonly audit = new AuditLog();
  readonly settings = new Settings();
  async close(): Promise<void> {}
}

export async function openStore(_input: { file: string; keys: Keys; now: () => Date }): Promise<Store> {
  return new Store();
}
