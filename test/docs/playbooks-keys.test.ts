import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isObject, type Json, memberOf } from '../../src/core/json.ts';
import { playbookJsonSchema } from '../../src/engine/language/json-schema.ts';

const guide = readFileSync('docs/guides/playbooks.md', 'utf8');

/** The keys of each mapping of a playbook, by the way there: `steps.retry`, `on.alert`. Verbs share the keys of a step. */
function keysByPlace(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const schema = playbookJsonSchema();
  const definitions = memberOf(schema, 'definitions');
  const seen = new Set<string>();
  const visit = (at: Json | undefined, place: string): void => {
    if (!isObject(at)) return;
    const { $ref, properties, items } = at;
    const variants = ['anyOf', 'oneOf', 'allOf'].flatMap(key => (Array.isArray(at[key]) ? at[key] : []));
    for (const variant of variants) visit(variant, place);
    if (typeof $ref === 'string') {
      const name = $ref.replace('#/definitions/', '');
      // A step holds steps, and each is the same wherever it stands.
      const of = name === 'step' ? 'step' : place;
      if (seen.has(`${name} ${of}`)) return;
      seen.add(`${name} ${of}`);
      visit(definitions?.[name], of);
    }
    visit(items, place);
    if (isObject(at['additionalProperties'])) visit(at['additionalProperties'], `${place}.NAME`);
    if (!isObject(properties)) return;
    const keys = found.get(place) ?? new Set();
    found.set(place, keys);
    for (const [key, value] of Object.entries(properties)) {
      keys.add(key);
      visit(value, place === '' ? key : `${place}.${key}`);
    }
  };
  visit(schema, '');
  return found;
}

/** The rows of the tables with one of these heads. */
function rowsOf(heads: readonly string[]): { keys: string[]; what: string[] }[] {
  const quoted = (cell = ''): string[] => [...cell.matchAll(/`(\w+)[^`]*`/g)].map(([, word = '']) => word);
  return heads.flatMap(head => {
    const lines = guide.split('\n');
    const at = lines.findIndex(line => line.startsWith(head));
    const table = at < 0 ? [] : lines.slice(at + 2);
    const rows = table.slice(0, table.indexOf(''));
    return rows
      .map(row => row.split('|'))
      .map(([, key, what]) => ({ keys: quoted(key), what: quoted(what) }));
  });
}

/** The heads of the tables that are about a mapping. */
function headsOf(place: string): string[] {
  if (place === '') return ['| key |'];
  if (place === 'step') return ['| verb |', '| key of a step |'];
  return [`| key of \`${place.replace('step.', '')}\` |`];
}

test('each key of a playbook is in the guide, in the table of what it belongs to, and no other is', () => {
  const places = [...keysByPlace()];
  expect(places.length).toBeGreaterThan(15);
  for (const [place, keys] of places) {
    const own = rowsOf(headsOf(place)).flatMap(row => row.keys);
    if (own.length > 0) {
      expect({ place, keys: own.toSorted() }).toEqual({ place, keys: [...keys].toSorted() });
      continue;
    }
    // Of few keys: they stand in the row of what they belong to.
    const way = place.split('.');
    const rows = way.flatMap((key, at) =>
      rowsOf(headsOf(way.slice(0, at).join('.'))).filter(row => row.keys.includes(key)),
    );
    const told = new Set(rows.flatMap(row => row.what));
    expect({ place, missing: [...keys].filter(key => !told.has(key)) }).toEqual({ place, missing: [] });
  }
});
