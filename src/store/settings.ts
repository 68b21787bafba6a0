import { VigieError } from '../core/errors.ts';
import type { AuditEntry } from './audit.ts';

export interface KillSwitch {
  on: boolean;
  by: string;
  at: string;
  why: string;
}

export class Settings {
  async killSwitch(): Promise<KillSwitch> {
    throw new VigieError('INTERNAL', 'not built yet');
  }
  async setKillSwitch(_input: { on: boolean; by: string; why: string; audit: AuditEntry }): Promise<void> {}
  async acceptedPolicy(): Promise<string | undefined> {
    return undefined;
  }
  async setAcceptedPolicy(_input: { hash: string; audit: AuditEntry }): Promise<void> {}
  async get(_key: string): Promise<string | undefined> {
    return undefined;
  }
  async set(_key: string, _value: string): Promise<void> {}
}
