import type { ContentItem, Contents, DrillCheck } from '../core/copy.ts';

/** Of tables that do not fit, in a report; the rest are counted. A person looks at the first. */
const mostTold = 20;

/** What a restored copy holds against what its manifest says. Everything that fits is one line; what does not is named. */
export function compareContents(expected: Contents, found: Contents): DrillCheck[] {
  if (expected.how === 'marker')
    return [
      markerCheck(expected, found),
      thereAtAll(expected, found),
      ...seenBetween(expected, found),
      ...pastTheBound(expected),
    ];
  const there = new Map(found.items.map(item => [item.name, item]));
  const wrong = expected.items.flatMap(item => differenceOf(item, there.get(item.name)) ?? []);
  const known = new Set(expected.items.map(({ name }) => name));
  const extra = found.items
    .filter(({ name }) => !known.has(name))
    .map(
      (item): DrillCheck => ({
        what: item.name,
        passed: false,
        expected: 'not there',
        found: tellItem(item),
      }),
    );
  const bad = [...wrong, ...extra];
  const good = expected.items.length - wrong.length;
  const entries = expected.items.reduce((sum, { count }) => sum + count, 0);
  const how = expected.how === 'snapshot' ? "the dump's own snapshot" : 'the files as they were read';
  return [
    ...(expected.how === 'tree' ? [markerCheck(expected, found)] : []),
    ...bad.slice(0, mostTold),
    ...(bad.length > mostTold
      ? [{ what: `${bad.length - mostTold} more that do not fit`, passed: false }]
      : []),
    {
      what: `contents by count and hash, against ${how}`,
      passed: bad.length === 0,
      expected: `${expected.items.length} items with ${entries} entries`,
      found: `${good} items fit`,
    },
    ...pastTheBound(expected),
  ];
}

function pastTheBound({ left }: Contents): DrillCheck[] {
  return left === undefined ? [] : [{ what: `${left} items past the bound were not compared`, passed: true }];
}

function differenceOf(expected: ContentItem, found: ContentItem | undefined): DrillCheck | undefined {
  if (found?.count === expected.count && found.hash === expected.hash) return undefined;
  return {
    what: expected.name,
    passed: false,
    expected: tellItem(expected),
    found: found === undefined ? 'not there' : tellItem(found),
  };
}

function tellItem({ count, hash }: ContentItem): string {
  return `${count} entries${hash === undefined ? '' : `, hash ${hash.slice(0, 24)}`}`;
}

function markerCheck({ marker }: Contents, found: Contents): DrillCheck {
  if (marker === undefined)
    return {
      what: 'no marker was written to the source: how new the copy is, nothing proves',
      passed: true,
    };
  return {
    what: 'the marker that was written to the source before the copy began',
    passed: found.marker === marker,
    expected: marker,
    found: found.marker ?? 'not there',
  };
}

/** The source went on while it was copied, so counts need not be the same; that all is gone would be seen. */
function thereAtAll(expected: Contents, found: Contents): DrillCheck {
  const had = expected.items.filter(({ count }) => count > 0).map(({ name }) => name);
  const has = new Set(found.items.filter(({ count }) => count > 0).map(({ name }) => name));
  const gone = had.filter(name => !has.has(name));
  return {
    what: 'nothing that held entries when the copy began is empty or gone',
    passed: gone.length === 0,
    expected: tellNames(expected.items.filter(({ count }) => count > 0).map(tellNamed)),
    found: gone.length > 0 ? `empty or gone: ${tellNames(gone)}` : tellNames(found.items.map(tellNamed)),
  };
}

/** What was counted twice at a source that went on: what is there can be told beside it, and not be held to it. */
function seenBetween(expected: Contents, found: Contents): DrillCheck[] {
  const there = new Map(found.items.map(({ name, count }) => [name, count]));
  const counted = expected.items.flatMap(({ name, count, most }) =>
    most === undefined ? [] : [{ name, fewest: count, most, count: there.get(name) ?? 0 }],
  );
  if (counted.length === 0) return [];
  const sumOf = (of: (item: (typeof counted)[number]) => number): number =>
    counted.reduce((sum, item) => sum + of(item), 0);
  const outside = counted
    .filter(({ fewest, most, count }) => count < fewest || count > most)
    .map(({ name, fewest, most, count }) => `${name} ${count}, not ${fewest} to ${most}`);
  const rows = `${sumOf(({ count }) => count)} rows there; the source had between ${sumOf(({ fewest }) => fewest)} and ${sumOf(({ most }) => most)}`;
  return [
    {
      what: `rows of ${counted.length} tables, beside those of the source before and after it was copied`,
      passed: true,
      found: outside.length === 0 ? rows : `${rows}; outside of that: ${tellNames(outside)}`,
    },
  ];
}

function tellNamed({ name, count }: ContentItem): string {
  return `${name} ${count}`;
}

function tellNames(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const more = names.length > mostTold ? ` and ${names.length - mostTold} more` : '';
  return `${names.slice(0, mostTold).join(', ')}${more}`;
}
