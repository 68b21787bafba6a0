import type { ElicitInputParams } from '@modelcontextprotocol/server';

/** What the conformance scenarios expect beside a server's own things: names and values are theirs. */

/** A picture of one red point. */
export const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** A sound file with a header and no sound. */
export const wav = Buffer.from(
  '524946462400000057415645666d74201000000001000100401f0000803e0000020010006461746100000000',
  'hex',
).toString('base64');

/** Input requests that several scenarios ask for. */
export const nameForm: ElicitInputParams = {
  message: 'What is your name?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
};

export const confirmForm: ElicitInputParams = {
  message: 'Go on?',
  requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
};

/** A form with a default for each primitive type. */
export const defaultsForm = {
  message: 'Check these values',
  requestedSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Name', default: 'John Doe' },
      age: { type: 'integer', description: 'Age', default: 30 },
      score: { type: 'number', description: 'Score', default: 95.5 },
      status: {
        type: 'string',
        description: 'Status',
        enum: ['active', 'inactive', 'pending'],
        default: 'active',
      },
      verified: { type: 'boolean', description: 'Verified', default: true },
    },
    required: [],
  },
} as const;

const titled = [
  { const: 'value1', title: 'First Option' },
  { const: 'value2', title: 'Second Option' },
  { const: 'value3', title: 'Third Option' },
] as const;
const plain = ['option1', 'option2', 'option3'] as const;

/** A form with each way to write a choice. */
export const choicesForm = {
  message: 'Choose',
  requestedSchema: {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', description: 'One', enum: plain },
      titledSingle: { type: 'string', description: 'One, with titles', oneOf: titled },
      legacyEnum: {
        type: 'string',
        description: 'One, the older way',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: {
        type: 'array',
        description: 'Several',
        minItems: 1,
        maxItems: 3,
        items: { type: 'string', enum: plain },
      },
      titledMulti: {
        type: 'array',
        description: 'Several, with titles',
        minItems: 1,
        maxItems: 3,
        items: { anyOf: titled },
      },
    },
    required: [],
  },
} as const;

/** A schema with the words of 2020-12 that must come through as they are written. */
export const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const;
