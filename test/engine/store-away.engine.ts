import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresPrograms, unlessNoPostgres } from '../integrations/support/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { allowAgainAndAgain } from '../support/start-vigie.ts';
import { endStoreServer, startStoreServer } from '../support/store-server.ts';
import { replicasOf, scaling, startRuns } from './interpreter/runs-of.ts';

/** Longer than a worker counts on its lease without renewing it. */
const awayMs = 20_000;

describe.skipIf(postgresPrograms() === undefined)(`a store that is away${unlessNoPostgres()}`, () => {
  let server: Awaited<ReturnType<typeof startStoreServer>>;
  beforeAll(async () => {
    server = await startStoreServer();
  });
  afterAll(endStoreServer);

  test('a worker outlives it, begins no change meanwhile, and goes on afterwards with what it had', async () => {
    const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
    const steps = Array.from({ length: 30 }, (_, at) => `  - {id: up${at}, ${scaling('web', 3 + (at % 2))}}`);
    runs.startWorker();
    const id = await runs.start(`timeout: 1d\nsteps:\n${steps.join('\n')}\n`);
    await eventually(() => expect(runs.calls.length).toBeGreaterThan(2));
    await server.restart(async () => {
      // What was under way when it went is over.
      await pause(awayMs / 4);
      const before = runs.calls.length;
      await pause(awayMs);
      expect(runs.calls.length).toBe(before);
    });
    // The lease of what it had is over after a while, and nobody else is there.
    runs.passTime(60_000);
    const view = await runs.until(id, 'done', 'failed');
    expect(view.status, JSON.stringify(view.output)).toBe('done');
    expect(await replicasOf(runs, 'web')).toBe(4);
    const made = (await (await runs.test.vigie.store()).changes.list({ limit: 200 })).filter(
      ({ actor, state }) => actor.run === id && state === 'done',
    );
    expect(made).toHaveLength(steps.length);
  });
});
