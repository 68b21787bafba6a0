import { setImmediate as round } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/desk/wire/turns.ts';

const stays = new AbortController().signal;

test('calls begin one a round, and accounts in turn whoever asked more', async () => {
  const turns = new Turns();
  const began: number[] = [];
  const ask = (uid: number) => turns.begin({ uid, large: false, signal: stays }).then(() => began.push(uid));
  const all = [1, 1, 1, 1, 2, 2, 3].map(ask);
  await round();
  expect(began).toEqual([1]);
  await Promise.all(all);
  expect(began).toEqual([1, 2, 3, 1, 2, 1, 1]);
});

test('an account has one large call under way, and small ones and those of others beside it', async () => {
  const turns = new Turns();
  const began: string[] = [];
  const ask = async (name: string, call: { uid: number; large: boolean }) => {
    const over = await turns.begin({ ...call, signal: stays });
    began.push(name);
    return over;
  };
  const first = ask('first large', { uid: 1, large: true });
  const second = ask('second large', { uid: 1, large: true });
  const small = ask('small', { uid: 1, large: false });
  const others = ask("another's large", { uid: 2, large: true });
  await Promise.all([first, small, others]);
  for (let count = 0; count < 5; count += 1) await round();
  expect(began.toSorted()).toEqual(["another's large", 'first large', 'small']);
  (await first)();
  await second;
  expect(began.at(-1)).toBe('second large');
});

test('whoever has gone waits no more and stops nobody', async () => {
  const turns = new Turns();
  const gone = new AbortController();
  const over = await turns.begin({ uid: 1, large: true, signal: stays });
  const waiting = turns.begin({ uid: 1, large: true, signal: gone.signal });
  const next = turns.begin({ uid: 1, large: true, signal: stays });
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await expect(turns.begin({ uid: 1, large: false, signal: gone.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  over();
  (await next)();
});
