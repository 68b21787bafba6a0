import { expect, test } from 'vitest';
import { Crowd, type Guest } from '../../../src/desk/wire/crowd.ts';
import { wireLimits } from '../../../src/desk/wire/protocol.ts';

const mebi = 1024 * 1024;

function guestOf(crowd: Crowd, is: { uid?: number; holds?: number }): Guest & { gone: boolean } {
  const guest = {
    uid: is.uid,
    gone: false,
    held: () => is.holds ?? 0,
    letGo: () => {
      guest.gone = true;
    },
  };
  crowd.enter(guest);
  return guest;
}

test('an account that holds too much in many small parts loses some, and another keeps its large one', () => {
  const crowd = new Crowd();
  const honest = guestOf(crowd, { uid: 1, holds: 16 * mebi });
  const greedy = Array.from({ length: 30 }, () => guestOf(crowd, { uid: 2, holds: 4 * mebi }));
  const small = guestOf(crowd, { uid: 2, holds: 1 });
  crowd.moved(mebi);
  expect(honest.gone).toBe(false);
  expect(small.gone).toBe(false);
  const kept = greedy.filter(({ gone }) => !gone).length;
  expect(kept * 4 * mebi + 16 * mebi + 1).toBeLessThanOrEqual(wireLimits.heldBytes);
  expect((kept + 1) * 4 * mebi + 16 * mebi + 1).toBeGreaterThan(wireLimits.heldBytes);
});

test('nobody is let go while there is room, and nobody twice', () => {
  const crowd = new Crowd();
  const guests = Array.from({ length: 10 }, (_, uid) => guestOf(crowd, { uid, holds: mebi }));
  crowd.moved(mebi);
  expect(guests.every(({ gone }) => !gone)).toBe(true);
});

test('an account may have so many, and others theirs beside it', () => {
  const crowd = new Crowd();
  const guests = Array.from({ length: wireLimits.connections }, () => guestOf(crowd, { uid: 1 }));
  expect(() => crowd.admit(1)).toThrow(/32 connections/);
  expect(() => crowd.admit(2)).not.toThrow();
  if (guests[0] !== undefined) crowd.leave(guests[0]);
  expect(() => crowd.admit(1)).not.toThrow();
});
