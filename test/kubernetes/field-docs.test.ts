import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { childrenOf, isOpen, kindSchema } from '../../src/kubernetes/field-docs.ts';
import { fc } from '../support/properties.ts';

const brew = { group: 'tea.example.com', version: 'v1', kind: 'Brew' };
const of = { apiVersion: 'tea.example.com/v1', kind: 'Brew' };

function brewWith(properties: JsonObject, others: JsonObject = {}): JsonObject {
  return { Brew: { type: 'object', properties, 'x-kubernetes-group-version-kind': [brew] }, ...others };
}

describe('what a document says of a field', () => {
  test.each([
    ['a plain type', { type: 'string' }, 'string'],
    ['a format', { type: 'integer', format: 'int64' }, 'integer (int64)'],
    ['a list', { type: 'array', items: { type: 'string' } }, '[]string'],
    ['a map', { type: 'object', additionalProperties: { type: 'string' } }, 'map[string]string'],
    ['a reference', { $ref: '#/components/schemas/io.tea.v1.Leaf' }, 'Leaf'],
    [
      'a reference beside words of its own',
      { allOf: [{ $ref: '#/components/schemas/io.tea.v1.Leaf' }] },
      'Leaf',
    ],
    ['a list of them', { type: 'array', items: { $ref: '#/components/schemas/io.tea.v1.Leaf' } }, '[]Leaf'],
    ['a number or a name', { 'x-kubernetes-int-or-string': true }, 'integer or string'],
    ['nothing', {}, 'any'],
    ['a reference that leads nowhere', { $ref: '#/components/schemas/io.tea.v1.Gone' }, 'Gone'],
    ['a circle', { $ref: '#/components/schemas/Circle' }, 'Circle'],
  ])('%s', (_what, field, type) => {
    const schemas = brewWith(
      { leaf: field },
      { 'io.tea.v1.Leaf': { type: 'object' }, Circle: { $ref: '#/components/schemas/Circle' } },
    );
    const root = kindSchema(schemas, of);
    expect(root && childrenOf(schemas, root).get('leaf')?.docs.type).toBe(type);
  });

  test('its own description and default go before those of what it refers to', () => {
    const schemas = brewWith(
      { leaf: { allOf: [{ $ref: '#/x/Leaf' }], description: 'Own.', default: 'green' } },
      { Leaf: { type: 'string', description: 'Any.', enum: ['green', 'black'] } },
    );
    const root = kindSchema(schemas, of);
    expect(root && childrenOf(schemas, root).get('leaf')?.docs).toEqual({
      type: 'string',
      description: 'Own.',
      required: false,
      enum: ['green', 'black'],
      default: 'green',
    });
  });

  test('whatever a server sends, something is said and nothing runs on', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'Brew'), fc.jsonValue()), document => {
        const schemas = brewWith(
          { a: { $ref: '#/x/a' }, b: { type: 'array', items: { $ref: '#/x/b' } } },
          JSON.parse(JSON.stringify(document)) as JsonObject,
        );
        const root = kindSchema(schemas, of);
        if (root === undefined) return;
        for (const child of childrenOf(schemas, root).values()) {
          expect(child.docs.type).not.toBe('');
          expect(typeof isOpen(schemas, child)).toBe('boolean');
          expect(childrenOf(schemas, child).size).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
