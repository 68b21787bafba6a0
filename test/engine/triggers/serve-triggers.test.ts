import { expect, onTestFinished, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import type { Enabled } from '../../../src/engine/triggers/enabled.ts';
import { startDue, type TickedSchedule } from '../../../src/engine/triggers/schedules.ts';
import { type Serving, serveTriggers } from '../../../src/engine/triggers/serve-triggers.ts';
import type { TriggerParts } from '../../../src/engine/triggers/start-by-trigger.ts';
import { eventually } from '../../support/eventually.ts';
import { enabledOf, startTriggerParts } from './trigger-parts.ts';

interface Served {
  serving: Serving[];
  ticked: TickedSchedule[];
  failed: string[];
  stop(): Promise<void>;
}

/** Serves until the test ends, or it is stopped. */
function startServing(parts: TriggerParts, enabled: () => Promise<Enabled>): Served {
  const serving: Serving[] = [];
  const ticked: TickedSchedule[] = [];
  const failed: string[] = [];
  const end = new AbortController();
  const note = (error: unknown): void => {
    failed.push(error instanceof Error ? error.message : String(error));
  };
  const served = serveTriggers({
    parts,
    enabled,
    serving: what => serving.push(what),
    ticked: what => ticked.push(what),
    events: { came: () => {}, said: text => failed.push(text), failed: note },
    failed: note,
    signal: end.signal,
  });
  const stop = async (): Promise<void> => {
    end.abort();
    await served;
  };
  onTestFinished(stop);
  return { serving, ticked, failed, stop };
}

test('while vigie.yaml cannot be read nothing starts, which is told once, and afterwards what it says then', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf(
    `{schedule: {cron: "0 * * * *"}, event: {match: 'event.reason == "Never"'}}`,
  );
  let looks = 0;
  const { serving, ticked, failed } = startServing(parts, async () => {
    looks += 1;
    if (looks <= 2) throw new VigieError('INVALID_CONFIG', 'it is not as expected');
    return { playbooks: [hourly], broken: [{ name: 'gone', why: 'There is none.', todo: 'Make it.' }] };
  });
  await eventually(() => expect(serving).toHaveLength(1));
  expect(failed).toEqual(['it is not as expected']);
  expect(serving[0]).toMatchObject({ schedules: 1, watches: 2, inVain: [{ name: 'gone' }] });
  expect(serving[0]?.next?.getTime()).toBeGreaterThan(on.vigie.now().getTime());
  expect(await parts.journal.list({ max: 1 })).toEqual([]);
  on.passTime(3_600_000);
  await eventually(() => expect(ticked).toMatchObject([{ came: { is: 'started' } }]));
});

test('a worker that is stopped lets go at once, whatever it waits for', async () => {
  const { parts } = await startTriggerParts();
  const served = startServing(parts, async () => ({
    playbooks: [await enabledOf('{event: {match: "true"}}')],
    broken: [],
  }));
  await eventually(() => expect(served.serving).toHaveLength(1));
  await served.stop();
  expect(served.failed).toEqual([]);
});

test('a schedule that is in vigie.yaml no more is written down as left, and starts nothing when it is back', async () => {
  const { test: on, parts } = await startTriggerParts();
  const hourly = await enabledOf('{schedule: {cron: "0 * * * *", missed: once}}');
  await startDue(parts, { playbooks: [hourly], ticked: () => {}, failed: () => {} });
  // Read again within seconds, since the policy cannot be read the first time.
  let looks = 0;
  const vigie: TriggerParts['vigie'] = Object.create(parts.vigie, {
    inForce: {
      value: async (what: 'change') => {
        if (looks === 1) throw new VigieError('STORE', 'it is away');
        return parts.vigie.inForce(what);
      },
    },
  });
  const served = startServing({ ...parts, vigie }, async () => {
    looks += 1;
    return { playbooks: looks === 1 ? [hourly] : [], broken: [] };
  });
  await eventually(() => expect(served.serving).toMatchObject([{ schedules: 0 }]));
  await served.stop();
  on.passTime(5 * 3_600_000);
  const again = startServing(parts, async () => ({ playbooks: [hourly], broken: [] }));
  await eventually(() => expect(again.serving).toHaveLength(1));
  await again.stop();
  expect(again.ticked).toEqual([]);
  expect(await parts.journal.list({ max: 1 })).toEqual([]);
});
