import { expect, test } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { type Worth, worthFor } from '../../src/core/assurance.ts';

const apart: Worth = { assurance: 'separated', reasons: [], askers: ['agent', 'alice'], deciders: ['alice'] };
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

test('what was asked for from an account that was seen at the deciders’ door is advisory, and of nobody else', () => {
  const seen: Worth = { ...apart, strays: ['agent', 'uid-7'] };
  expect(worthFor(seen, asked('mcp-stdio', 'agent'))).toMatchObject({
    assurance: 'advisory',
    reasons: [
      { why: expect.stringContaining("agent, whose process came to the approvers' socket by a group") },
    ],
  });
  expect(worthFor({ ...apart, strays: ['uid-7'] }, asked('mcp-stdio', 'agent')).assurance).toBe('separated');
});

test.each(['root', 'vigie', 'uid-54321'])('whose rights were not looked at (%s) is advisory', login => {
  const { assurance, reasons } = worthFor(apart, asked('mcp-stdio', login));
  expect(assurance).toBe('advisory');
  expect(reasons.map(({ why }) => why)).toEqual([
    `it was asked for from ${login}, which is not among the accounts that were looked at`,
  ]);
});

test('over HTTP no account can be told, whatever name a token bears', () => {
  expect(worthFor(apart, asked('mcp-http', 'agent')).assurance).toBe('advisory');
});

test('advisory stays advisory, for its own reasons', () => {
  const advisory: Worth = { ...apart, assurance: 'advisory', reasons: [{ why: 'so', todo: 'x' }] };
  expect(worthFor(advisory, asked('cli', 'alice'))).toBe(advisory);
});
