import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as yaml from 'yaml';
import { mistakesIn as mistakesAmong } from './mistakes-in.ts';

// Each playbook that comes with Vigie, with one thing wrong at a time: every one must be told, and where it stands.

const files = globSync('playbooks/*/playbook.yaml').sort();

/** What they call by its name. */
const shipped = Object.fromEntries(
  files.map(file => [file.split('/')[1] ?? '', readFileSync(file, 'utf8')] as const),
);
const mistakesIn = (text: string) => mistakesAmong(text, shipped);

interface Leaf {
  path: (string | number)[];
  value: unknown;
  line: number;
}

function leavesOf(text: string): { maps: Leaf[]; scalars: Leaf[] } {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines });
  const maps: Leaf[] = [];
  const scalars: Leaf[] = [];
  const visit = (node: unknown, path: (string | number)[], line: number): void => {
    if (yaml.isMap(node)) {
      maps.push({ path, value: undefined, line });
      for (const pair of node.items) {
        const key = yaml.isScalar(pair.key) ? pair.key : undefined;
        const at = lines.linePos(key?.range?.[0] ?? 0).line;
        visit(pair.value, [...path, String(key?.value)], at);
      }
    } else if (yaml.isSeq(node)) {
      for (const [index, item] of node.items.entries())
        visit(item, [...path, index], lines.linePos(yaml.isNode(item) ? (item.range?.[0] ?? 0) : 0).line);
    } else if (yaml.isScalar(node)) scalars.push({ path, value: node.value, line });
  };
  visit(document.contents, [], 1);
  return { maps, scalars };
}

/** The same text with one value in another place of its line; what is around stays where it was. */
function withValue(text: string, path: (string | number)[], value: unknown): string {
  const document = yaml.parseDocument(text);
  document.setIn(path, value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function withoutKey(text: string, path: (string | number)[]): string {
  const document = yaml.parseDocument(text);
  document.deleteIn(path);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Texts that people read and that may be any. */
const free = new Set(['title', 'owner', 'description', 'dedupe', 'reason', 'memory', 'labelSelector']);
/** Inside of what a playbook hands on as it is: values of any type. */
const anyValue = (path: (string | number)[]) =>
  path.includes('set') || path.at(-2) === 'trigger' || (path.includes('with') && path.includes('finding'));

describe.each(files)('%s', file => {
  // Written once by the package, so that a mutation moves no line of its own.
  const text = yaml
    .parseDocument(readFileSync(file, 'utf8'))
    .toString({ lineWidth: 0, flowCollectionPadding: false });
  const { maps, scalars } = leavesOf(text);

  test('is right as it is', async () => {
    expect(await mistakesIn(text)).toEqual([]);
    expect(maps.length).toBeGreaterThan(10);
    expect(scalars.length).toBeGreaterThan(20);
  });

  test('a key that there is not is told at its line, in every mapping with keys of its own', async () => {
    for (const { path } of maps) {
      // What an input, a set or an object of the cluster is called is the author's.
      if (path.at(-1) === 'inputs' || path.at(-1) === 'set' || path.at(-1) === 'labels') continue;
      if (anyValue(path)) continue;
      const mutant = withValue(text, [...path, 'qqqq'], 1);
      const line = mutant.split('\n').findIndex(each => each.includes('qqqq')) + 1;
      const found = await mistakesIn(mutant);
      expect(
        found.map(mistake => mistake.line),
        path.join('.'),
      ).toContain(line);
    }
  });

  test('a value of a wrong type is told at its line', async () => {
    let tried = 0;
    for (const { path, value, line } of scalars) {
      if (anyValue(path)) continue;
      const wrong = typeof value === 'object' || typeof value === 'string' ? { qqqq: 1 } : 'qqqq';
      // A condition may be true or false, or any text that is an expression.
      const mutant = withValue(text, path, wrong);
      const found = await mistakesIn(mutant);
      tried += 1;
      expect(
        found.some(mistake => Math.abs(mistake.line - line) <= 1),
        `${path.join('.')}: ${JSON.stringify(found)}`,
      ).toBe(true);
    }
    expect(tried).toBeGreaterThan(15);
  });

  test('a reference that leads nowhere is told at its line', async () => {
    const references = [...text.matchAll(/\b(inputs|steps|run)\.([a-zA-Z]+)|\boutput\.([a-zA-Z]+)/g)].filter(
      // Of a list of such, one key is as good as another: what is in there is the tool's.
      match => !/^\s*#/.test(text.slice(0, match.index).split('\n').at(-1) ?? ''),
    );
    expect(references.length).toBeGreaterThan(1);
    for (const match of references) {
      const end = match.index + match[0].length;
      const mutant = `${text.slice(0, end)}qqqq${text.slice(end)}`;
      const line = text.slice(0, match.index).split('\n').length;
      const found = await mistakesIn(mutant);
      expect(
        found.map(mistake => mistake.line),
        `${line}: ${match[0]}`,
      ).toContain(line);
    }
  });

  test('a name of a tool, an id or an argument that is broken is told', async () => {
    for (const { path, value, line } of scalars) {
      const key = path.at(-1);
      const named =
        key === 'tool' ||
        key === 'kind' ||
        key === 'mode' ||
        key === 'action' ||
        key === 'format' ||
        path.at(-2) === 'for';
      if (!named || typeof value !== 'string' || anyValue(path)) continue;
      // Of a kind only the cluster knows whether there is one, of a text with an expression nobody before it runs.
      if (path.includes('with') && (key === 'kind' || value.includes('${{'))) continue;
      const found = await mistakesIn(withValue(text, path, `${value}qqqq`));
      expect(
        found.map(mistake => mistake.line),
        path.join('.'),
      ).toContain(line);
    }
  });

  test('a key that is taken away is told, where it was needed', async () => {
    const needed = new Set([
      'apiVersion',
      'kind',
      'metadata',
      'name',
      'title',
      'steps',
      'in',
      'as',
      'for',
      'until',
      'attempts',
      'branches',
      'cron',
      'match',
      'command',
      'type',
      'tool',
    ]);
    let tried = 0;
    for (const path of [...maps, ...scalars].map(each => each.path)) {
      const key = path.at(-1);
      if (typeof key !== 'string' || !needed.has(key) || free.has(key)) continue;
      // An argument of a tool is not a key of a playbook.
      if (path.includes('with')) continue;
      if (path.at(-2) === 'inputs') continue;
      const found = await mistakesIn(withoutKey(text, path));
      tried += 1;
      expect(found.length, path.join('.')).toBeGreaterThan(0);
    }
    expect(tried).toBeGreaterThan(8);
  });
});
