import { expect, test } from 'vitest';
import { casesOf, definitionOf, shippedPlaybooks } from './play-cases.ts';

/** They change nothing, or leave alone what they cannot do: nothing of them fails halfway. */
const neverFail = ['nightly-health-report', 'cleanup-jobs'];

test('every playbook that comes with Vigie has a case that ends well, and one of what it cannot do', async () => {
  expect(shippedPlaybooks.length).toBeGreaterThanOrEqual(30);
  const lacking: string[] = [];
  for (const name of shippedPlaybooks) {
    const cases = await casesOf(name);
    const ends = new Set(cases.map(({ expect: { status } }) => status));
    if (!ends.has('done')) lacking.push(`${name} has no case that ends well`);
    if (!ends.has('failed') && !neverFail.includes(name)) lacking.push(`${name} has no case that fails`);
  }
  expect(lacking).toEqual([]);
});

test('every playbook that heals has a case of what it cannot heal, after which all is as before', async () => {
  const lacking: string[] = [];
  for (const name of shippedPlaybooks.filter(each => /^(heal|mend|drain)-/.test(each)))
    if (!(await casesOf(name)).some(each => each.expect.undone)) lacking.push(name);
  // What these do has no way back, as they say: a volume does not shrink, and a restart leaves nothing.
  expect(lacking).toEqual(['heal-expired-certificate', 'heal-full-volume']);
});

test('each playbook says what it is for at some length, who answers for it, and what each input is', async () => {
  const bare: string[] = [];
  for (const name of shippedPlaybooks) {
    const { metadata, inputs } = (await definitionOf(name)).playbook;
    if ((metadata.description ?? '').length < 80) bare.push(`${name}: description`);
    if (metadata.owner === undefined) bare.push(`${name}: owner`);
    for (const [input, { description }] of Object.entries(inputs))
      if (description === undefined) bare.push(`${name}: ${input}`);
  }
  expect(bare).toEqual([]);
});
