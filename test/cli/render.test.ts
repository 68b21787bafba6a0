import { describe, expect, test } from 'vitest';
import { age } from '../../src/cli/render/age.ts';
import { writeData } from '../../src/cli/render/answer.ts';
import { paintDiff } from '../../src/cli/render/diff.ts';
import { alignTables, TableWriter } from '../../src/cli/render/table.ts';
import { fc } from '../support/properties.ts';

describe('a table', () => {
  test('has a header made of the fields, and columns under each other', () => {
    const text = new TableWriter().page([
      { name: 'web', upToDate: 2, portS: '80/TCP', clusterIP: '10.0.0.1' },
      { name: 'storefront', upToDate: 10, portS: null, clusterIP: null },
    ]);
    expect(text).toBe(
      'NAME         UP-TO-DATE   PORT(S)   CLUSTER-IP\nweb          2            80/TCP    10.0.0.1\nstorefront   10           -         -\n',
    );
  });

  test('says its header once, however many pages follow', () => {
    const table = new TableWriter();
    const pages = [table.page([{ name: 'a' }]), table.page([{ name: 'b' }]), table.page([])];
    expect(pages.join('')).toBe('NAME\na\nb\n');
  });

  test('leaves out what was asked to be left out', () => {
    expect(new TableWriter(['namespace']).page([{ namespace: 'shop', name: 'a' }])).toBe('NAME\na\n');
  });

  test('never lets a cell start a line, move the cursor or hide', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), cells => {
        const text = new TableWriter().page(cells.map(cell => ({ cell })));
        expect(text.split('\n')).toHaveLength(cells.length + 2);
        // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
      }),
    );
  });
});

describe('a text with a table in it', () => {
  test('is aligned where it is a table and left alone elsewhere', () => {
    const text = '2 changes\nID  STATE\nabc  done\nabcdef  waiting\nmore: cursor here';
    const aligned = '2 changes\nID       STATE\nabc      done\nabcdef   waiting\nmore: cursor here';
    expect(alignTables(text)).toBe(aligned);
  });

  test('keeps every word of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 8 }), lines => {
        const text = lines.join('\n');
        const words = (each: string) => each.split(/\s+/).filter(word => word !== '');
        expect(words(alignTables(text))).toEqual(words(text));
      }),
    );
  });
});

test('an age is told in the largest unit of which there are two', () => {
  const from = '2026-01-01T00:00:00Z';
  const after = (seconds: number) => age(from, new Date(Date.parse(from) + seconds * 1000));
  expect([0, 119, 120, 7199, 7200, 172_800].map(after)).toEqual(['0s', '119s', '2m', '119m', '2h', '2d']);
});

test('data is written so that it reads back', async () => {
  const { parse } = await import('yaml');
  const hostile = '\u001B[2J\u009B31m\u202Efdp\u{E0041}';
  const data = { a: [1, { b: 'yes' }], c: '2026-01-01', long: 'x '.repeat(200), hostile, [hostile]: 'key' };
  expect(JSON.parse(await writeData(data, 'json'))).toEqual(data);
  expect(parse(await writeData(data, 'yaml'))).toEqual(data);
  // oxlint-disable-next-line no-control-regex -- what a terminal would obey
  for (const format of ['json', 'yaml'] as const)
    expect(await writeData(data, format)).not.toMatch(
      // oxlint-disable-next-line no-control-regex -- what a terminal would obey
      /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\u{E0041}]/u,
    );
});

test('a diff is coloured by the sign at its margin, not by dashes of the lists within it', () => {
  const colors = {
    green: (text: string) => `G${text}`,
    red: (text: string) => `R${text}`,
    cyan: (text: string) => `C${text}`,
  };
  const diff = [
    'update Deployment/web',
    '@@ line 9 @@',
    '     spec:',
    '       containers:',
    '         - name: cart',
    '-          image: a:1',
    '+          image: a:2',
    '-  replicas: 2',
    '',
    '- not a diff',
  ];
  const painted = paintDiff(diff.join('\n'), colors as Parameters<typeof paintDiff>[1]).split('\n');
  expect(painted).toEqual([
    'update Deployment/web',
    'C@@ line 9 @@',
    '     spec:',
    '       containers:',
    '         - name: cart',
    'R-          image: a:1',
    'G+          image: a:2',
    'R-  replicas: 2',
    '',
    '- not a diff',
  ]);
});
