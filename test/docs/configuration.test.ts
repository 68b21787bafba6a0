import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { configSections } from '../../src/config/schema.ts';

const guide = readFileSync('docs/guides/configuration.md', 'utf8');
const sections = Object.keys(configSections);

/** The rows under a heading, each by its key with what the guide says is its default. */
function rowsOf(section: string): Map<string, string> {
  const heading = section === '' ? '## At the top' : `## \`${section}\``;
  const text = `\n${guide}`.split(`\n${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return new Map(
    [...text.matchAll(/^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$/gm)].map(([, key = '', absent = '']) => [
      key,
      absent,
    ]),
  );
}

test('the guide has a heading for each section of vigie.yaml, and for nothing else', () => {
  const headings = [...guide.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['At the top', ...sections.slice(1).map(section => `\`${section}\``)]);
});

test.each(sections)('the guide names each key of %s, and what an absent one means', section => {
  const shape = configSections[section] ?? {};
  const rows = rowsOf(section);
  expect([...rows.keys()]).toEqual(Object.keys(shape));
  for (const [key, said] of rows) {
    const schema = shape[key];
    if (schema === undefined) continue;
    const absent = z.safeParse(schema, undefined);
    if (!absent.success) expect(said, key).toBe('required');
    else if (['string', 'number', 'boolean'].includes(typeof absent.data))
      expect(said, key).toBe(`\`${String(absent.data)}\``);
    else expect(said, key).not.toBe('required');
  }
});
