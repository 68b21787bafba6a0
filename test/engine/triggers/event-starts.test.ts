import { expect, onTestFinished, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import type { ClusterEvent } from '../../../src/engine/triggers/cluster-event.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';
import { type EventCame, EventStarts } from '../../../src/engine/triggers/event-starts.ts';
import type { TriggerParts } from '../../../src/engine/triggers/start-by-trigger.ts';
import { eventually } from '../../support/eventually.ts';
import { enabledOf, startTriggerParts } from './trigger-parts.ts';

function eventNumbered(number: number, reason = 'Trial'): ClusterEvent {
  return {
    id: `uid-${number} 1`,
    lastMs: 0,
    namespace: 'shop',
    about: `about-${number}`,
    facts: { reason, message: `the ${number}th`, count: 1 },
  };
}

async function startListening(parts: TriggerParts, playbooks: readonly EnabledPlaybook[]) {
  const came: EventCame[] = [];
  const said: string[] = [];
  const failed: string[] = [];
  const starts = new EventStarts({
    environment: 'test',
    parts,
    listener: {
      came: what => came.push(what),
      said: text => said.push(text),
      failed: error => failed.push(String(error)),
    },
  });
  await starts.listen(playbooks);
  const worked = starts.work();
  onTestFinished(async () => {
    starts.stop();
    await worked;
  });
  return { starts, came, said, failed };
}

test('ten thousand events at once start a storm that is held, take no memory beyond a bound, and are told once', async () => {
  const { parts } = await startTriggerParts();
  const trial = await enabledOf(`{event: {match: 'event.reason == "Trial"'}}`);
  const { starts, came, said, failed } = await startListening(parts, [trial]);
  const now = parts.vigie.now().getTime();
  for (let number = 0; number < 10_000; number += 1)
    starts.hear(eventNumbered(number, number % 10 === 0 ? 'Trial' : 'Other'), now);
  await eventually(() => expect(came.length).toBe(500));
  expect(came.filter(({ came: { is } }) => is === 'started')).toHaveLength(10);
  expect(came.filter(({ came: { is } }) => is === 'held')).toHaveLength(490);
  expect(await parts.journal.list({ max: 100 })).toHaveLength(10);
  expect(await parts.journal.storms()).toMatchObject([{ environment: 'test', held: 490 }]);
  await starts.listen([trial]);
  await starts.listen([trial]);
  expect(said).toEqual(['test: 5000 events were passed over: more came than could be looked at.']);
  expect(failed).toEqual([]);
});

test('what cannot be written down now is told once a minute at most, and starts when it is told again', async () => {
  const { parts } = await startTriggerParts();
  const trial = await enabledOf(`{event: {match: 'event.reason == "Trial"'}}`);
  let away = true;
  let tried = 0;
  const { starts, came, failed } = await startListening(
    {
      ...parts,
      mayStart: async () => {
        tried += 1;
        if (away) throw new VigieError('STORE', 'the store is away');
      },
    },
    [trial],
  );
  const now = parts.vigie.now().getTime();
  for (const number of [1, 2, 3]) starts.hear(eventNumbered(number), now);
  starts.hear(eventNumbered(4, 'Other'), now);
  await eventually(() => expect(tried).toBe(3));
  away = false;
  await starts.listen([trial]);
  starts.hear(eventNumbered(3), now);
  await eventually(() => expect(came).toMatchObject([{ came: { is: 'started' } }]));
  expect(failed).toHaveLength(1);
});

test('events of one object that say the same start no second run while the first goes on, and a cooldown holds after it', async () => {
  const { test: on, parts } = await startTriggerParts();
  const trial = await enabledOf(`{event: {match: 'event.reason == "Trial"', cooldown: 30m}}`);
  const { starts, came } = await startListening(parts, [trial]);
  const tell = async (number: number): Promise<void> => {
    const before = came.length;
    starts.hear({ ...eventNumbered(number), about: 'the same' }, parts.vigie.now().getTime());
    await eventually(() => expect(came).toHaveLength(before + 1));
  };
  await tell(1);
  await tell(2);
  const [run] = await parts.journal.list({ max: 1 });
  const [claimed] = await parts.journal.claim('w', { max: 1, leaseMs: 60_000 });
  if (claimed === undefined) throw new Error('there is no run');
  await parts.journal.finish(claimed.lease, { status: 'done' });
  await tell(3);
  on.passTime(31 * 60_000);
  await tell(4);
  expect(came.map(each => each.came.is)).toEqual(['started', 'exists', 'cooling', 'started']);
  expect(came[1]?.came).toEqual({ is: 'exists', run: run?.id });
});

test('what was refused or held is judged anew when it is told again a minute later, and what started is not', async () => {
  const { test: on, parts } = await startTriggerParts();
  let rehearsed = false;
  const mayStart = async (): Promise<void> => {
    if (!rehearsed) throw new VigieError('NOT_REHEARSED', 'It was not rehearsed.');
  };
  const trial = await enabledOf(`{event: {match: 'event.reason == "Trial"'}}`);
  const { starts, came } = await startListening({ ...parts, mayStart }, [trial]);
  const tell = (number: number) => starts.hear(eventNumbered(number), parts.vigie.now().getTime());
  const outcomes = () => came.splice(0).map(each => each.came.is);
  const comes = async (number: number): Promise<void> => {
    const before = came.length;
    tell(number);
    await eventually(() => expect(came).toHaveLength(before + 1));
  };
  await comes(1);
  rehearsed = true;
  // Told at once it is the same: a flood of it costs nothing.
  tell(1);
  await comes(2);
  expect(outcomes()).toEqual(['refused', 'started']);
  on.passTime(60_000);
  await comes(1);
  for (let noise = 10; noise < 18; noise += 1) await comes(noise);
  await comes(3);
  expect(outcomes()).toEqual([...Array.from({ length: 9 }, () => 'started'), 'held']);
  on.passTime(11 * 60_000);
  tell(2);
  await comes(3);
  expect(outcomes()).toEqual(['started']);
  expect(await parts.journal.list({ max: 100 })).toHaveLength(11);
});
