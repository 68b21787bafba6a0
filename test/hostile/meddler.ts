import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { type MeddledWire, startMeddledWire } from '../support/meddled-wire.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

export interface Meddled extends TestVigie, Omit<MeddledWire, 'url' | 'close'> {
  /** Asks the cluster itself, past Vigie and the wire, as an administrator would. */
  admin(method: string, path: string, body?: Json): Promise<JsonObject>;
}

/** A whole Vigie whose line to the cluster runs through a wire that a test can meddle with, request by request. */
export async function startMeddled(setup: Parameters<typeof startVigie>[0] = {}): Promise<Meddled> {
  const running = await startVigie(setup);
  const { sandbox } = running;
  const wire = await startMeddledWire(sandbox);
  const file = join(running.dir, 'kubeconfig');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(sandbox.url, wire.url), { mode: 0o600 });
  return {
    ...running,
    ...wire,
    admin: (method, path, body) => askAsAdministrator(sandbox, { method, path, body }),
    stop: async () => {
      await wire.close();
      await running.stop();
    },
  };
}
