import { readFileSync } from 'node:fs';
import type { Ask } from '../ask.ts';
import { post } from './say.ts';

// The JSON border: the file is ours.
const { steps } = JSON.parse(readFileSync('test/fixtures/sandbox/wire.json', 'utf8')) as { steps: Ask[] };

const [first, ...rest] = steps;
const account = { metadata: { name: 'default' }, automountServiceAccountToken: false };

/** The shapes of answers that a client depends on. */
export const wire: Ask[] = [
  ...(first === undefined ? [] : [first]),
  post('its account', '/api/v1/namespaces/wire/serviceaccounts', account),
  ...rest,
];
