import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from '../../src/store/store.ts';
import { sampleKeys } from './sample-store.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store of its own, and a clock that only the test moves. */
export async function openTemporary(): Promise<{
  store: Store;
  file: string;
  clock: { at: Date; advance(ms: number): void };
}> {
  const file = join(await temporaryFolder(), 'vigie.db');
  const clock = {
    at: new Date('2026-11-21T10:00:00Z'),
    advance(ms: number) {
      this.at = new Date(this.at.getTime() + ms);
    },
  };
  const store = await openStore({ file, keys: sampleKeys, now: () => clock.at });
  onTestFinished(() => store.close());
  return { store, file, clock };
}
