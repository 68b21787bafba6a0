import { expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { openTemporary, temporaryPlace } from './open-temporary.ts';
import { roomFor, samplePlan } from './sample-plan.ts';
import { sampleKeys } from './sample-store.ts';

const now = () => new Date('2026-11-21T10:00:00Z');
const record = { summary: 's', diff: 'd', undo: 'possible' };
const otherKeys = { ...sampleKeys, digest: Buffer.alloc(32, 1) };

test('a sealed plan that is moved to another ticket does not open', async () => {
  const { store, tamper } = await openTemporary();
  const [one, two] = [samplePlan(), samplePlan()];
  for (const plan of [one, two]) {
    await store.changes.propose({
      plan,
      record,
      state: 'waiting',
      within: roomFor(plan),
      expiresAt: '2027-01-01T00:00:00.000Z',
      audit: { event: 'ticketed', facts: {} },
    });
  }
  tamper(
    `update changes set sealed_plan = (select sealed_plan from changes where id = '${one.id}') where id = '${two.id}'`,
  );
  expect((await store.changes.plan(one.id)).id).toBe(one.id);
  await expect(store.changes.plan(two.id)).rejects.toMatchObject({ code: 'STORE' });
});

test('a store that a newer Vigie wrote is refused', async () => {
  const { store, place, tamper } = await openTemporary();
  await store.close();
  tamper('update schema_version set version = 99');
  await expect(openStore({ ...place, keys: sampleKeys, now })).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining('was written by a newer Vigie (schema 99;'),
    hint: 'Use the newer vigie, or another store.',
  });
});

test('a store that was made with another key is refused', async () => {
  const { place } = await openTemporary();
  await expect(openStore({ ...place, keys: otherKeys, now })).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining('was made with another installation key.'),
    hint: expect.stringContaining('that of the other machines'),
  });
});

test('of two that open a new store with different keys exactly one has it', async () => {
  const { place } = await temporaryPlace();
  const opened = await Promise.allSettled(
    [sampleKeys, otherKeys, sampleKeys, otherKeys].map(keys => openStore({ ...place, keys, now })),
  );
  const stores = opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
  expect(stores).toHaveLength(2);
  for (const store of stores) await store.close();
});
