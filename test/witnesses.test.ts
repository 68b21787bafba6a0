import { expect, test } from 'vitest';
import { witnessSource } from '../src/witnesses.ts';
import { sampleKeys } from './store/sample-store.ts';

const url = 'https://witness.example/audit';
const configured = { journal: false, git: '/srv/witness', https: { url } };

async function namesOn(machine?: string): Promise<string[]> {
  const witnesses = await witnessSource({
    keys: () => Promise.resolve(sampleKeys),
    env: {},
    ...(machine === undefined ? {} : { machine }),
  })(configured);
  return witnesses.map(({ name }) => name);
}

test('of machines that share a store each tells a witness of its own, and all of them one by https', async () => {
  expect(await namesOn('one')).toEqual(['git /srv/witness on one', `https ${url}`]);
  expect(await namesOn('two')).toEqual(['git /srv/witness on two', `https ${url}`]);
  expect(await namesOn()).toEqual(['git /srv/witness', `https ${url}`]);
});
