import { expect, test } from 'vitest';
import { serverLimits } from '../../src/server/limits.ts';
import { ReplayLog } from '../../src/server/replay-log.ts';
import { fc } from '../support/properties.ts';

const message = (text: string) => ({
  jsonrpc: '2.0' as const,
  method: 'notifications/message',
  params: { text },
});

async function replay(log: ReplayLog, after: string): Promise<string[]> {
  const sent: string[] = [];
  await log.replayEventsAfter(after, { send: async id => void sent.push(id) });
  return sent;
}

test('a client gets what its own stream missed, in order and nothing of another stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c@d'), { minLength: 1, maxLength: 40 }),
      async streams => {
        const log = new ReplayLog();
        const stored: { id: string; stream: string }[] = [];
        for (const stream of streams)
          stored.push({ id: await log.storeEvent(stream, message(stream)), stream });
        for (const [index, { id, stream }] of stored.entries()) {
          const missed = stored.slice(index + 1).filter(one => one.stream === stream);
          expect(await replay(log, id)).toEqual(missed.map(one => one.id));
          expect(await log.getStreamIdForEventId(id)).toBe(stream);
        }
      },
    ),
  );
});

test('it keeps a bounded number of events and bytes', async () => {
  const many = new ReplayLog();
  const first = await many.storeEvent('a', message('0'));
  for (let count = 0; count < serverLimits.replayEvents * 2; count += 1)
    await many.storeEvent('a', message('x'));
  expect(await replay(many, first)).toHaveLength(serverLimits.replayEvents);
  const large = new ReplayLog();
  const start = await large.storeEvent('a', message('0'));
  for (let count = 0; count < 5; count += 1) await large.storeEvent('a', message('x'.repeat(1024 * 1024)));
  expect(await replay(large, start)).toHaveLength(1);
});
