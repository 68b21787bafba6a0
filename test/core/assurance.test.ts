import { expect, test } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { type Worth, worthFor } from '../../src/core/assurance.ts';

const apart: Worth = { assurance: 'separated', reasons: [], deciders: ['alice'] };
const asked = (via: Actor['via'], onBehalfOf: string): Actor => ({
  kind: 'agent',
  name: 'a',
  via,
  onBehalfOf,
});

test('what an account of the agents asked for is worth what the two sides are', () => {
  expect(worthFor(apart, asked('mcp-stdio', 'agent'))).toBe(apart);
});

test('what was asked for from an account that may decide is advisory, and says whose', () => {
  const { assurance, reasons } = worthFor(apart, asked('cli', 'alice'));
  expect(assurance).toBe('advisory');
  expect(reasons.map(({ why }) => why)).toEqual([
    "it was asked for from alice, an account that may reach the approvers' socket",
  ]);
});

test('over HTTP no account can be told, whatever name a token bears', () => {
  expect(worthFor(apart, asked('mcp-http', 'agent')).assurance).toBe('advisory');
});

test('advisory stays advisory, for its own reasons', () => {
  const advisory: Worth = { assurance: 'advisory', reasons: [{ why: 'so', todo: 'x' }], deciders: ['alice'] };
  expect(worthFor(advisory, asked('cli', 'alice'))).toBe(advisory);
});
