import { expect, test } from 'vitest';
import * as z from 'zod';
import { listingOf } from '../../src/toolkit/listing.ts';
import { defineChangeTool, defineReadTool } from '../../src/toolkit/tool.ts';

const odd = defineReadTool({
  name: 'odd_read',
  title: 'Read',
  description: 'Reads.',
  input: z.strictObject({
    pattern: z.string().min(1).max(9).default('x').describe('A field with the name of a keyword.'),
    count: z.int().describe('A number.'),
    few: z.int().min(0).max(5).describe('A bounded number.'),
    when: z.iso.datetime().optional().describe('A time.'),
    sure: z.boolean().default(false).describe('A flag.'),
    inner: z.strictObject({ default: z.string().describe('Another keyword.') }).describe('An object.'),
  }),
  output: z.object({ rows: z.array(z.object({ name: z.string() })), total: z.int() }),
  read: async () => ({ data: { rows: [], total: 0 }, text: '' }),
});

test('a listing keeps every field, also one that is named like a keyword', () => {
  const { inputSchema } = listingOf(odd);
  expect(inputSchema).toMatchObject({
    type: 'object',
    properties: {
      pattern: { type: 'string', default: 'x', description: expect.any(String) },
      few: { type: 'integer', maximum: 5 },
      when: { type: 'string', format: 'date-time' },
      inner: { properties: { default: { type: 'string' } }, required: ['default'] },
      environment: { type: 'string' },
    },
    required: ['count', 'few', 'inner'],
    additionalProperties: false,
  });
});

test('a listing leaves out what helps nobody to fill in an argument', () => {
  const text = JSON.stringify(listingOf(odd).inputSchema);
  for (const noise of ['$schema', 'minLength', 'maxLength', '9007199254740991', '"default":false', '\\\\d'])
    expect(text).not.toContain(noise);
  expect(text.match(/additionalProperties/g)).toHaveLength(1);
});

test('a listing names the fields of an answer and promises no more', () => {
  expect(listingOf(odd).outputSchema).toEqual({
    type: 'object',
    properties: { rows: { type: 'array' }, total: { type: 'integer' } },
  });
});

test('a listing is made once', () => {
  expect(listingOf(odd)).toBe(listingOf(odd));
});

test('a change tool that also answers lists the fields of its answers', async () => {
  const tool = defineChangeTool({
    name: 'odd_change',
    title: 'Change',
    description: 'Changes.',
    input: z.strictObject({}),
    answers: { verdict: z.string().optional() },
    plan: async () => ({
      answer: { data: { status: 'answered', summary: 'so', verdict: 'fine' }, text: 'so' },
    }),
  });
  const { outputSchema, annotations } = listingOf(tool);
  expect(outputSchema['properties']).toHaveProperty('verdict');
  expect(outputSchema['properties']).toHaveProperty('status');
  expect(annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
});
