import type { RE2JS } from 're2js';

/** What a label must be, or must not be, as Alertmanager takes it. */
export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  /** False: alerts whose label is another. */
  isEqual: boolean;
}

// A label's name, the operator, and the value, which may stand in quotes as PromQL writes it.
const form = /^\s*([a-zA-Z_][a-zA-Z0-9_]{0,127})\s*(=~|!~|!=|=)\s*(.{0,500}?)\s*$/su;

/** `severity=~"warn.*"`; or what is wrong with the text, without the text. */
export async function parseMatcher(text: string): Promise<Matcher | { mistake: string }> {
  const [, name, operator, written] = form.exec(text) ?? [];
  if (name === undefined || operator === undefined || written === undefined)
    return { mistake: 'must be like severity="page", with =, !=, =~ or !~' };
  const value = unquoted(written);
  if (value === undefined) return { mistake: 'has a quote that is not closed' };
  const isRegex = operator.endsWith('~');
  if (isRegex && (await compiled(value)) === undefined) return { mistake: 'is no regular expression (RE2)' };
  return { name, value, isRegex, isEqual: operator.startsWith('=') };
}

function unquoted(written: string): string | undefined {
  if (!written.startsWith('"')) return written.includes('"') ? undefined : written;
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

export function matcherText({ name, value, isRegex, isEqual }: Matcher): string {
  const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  return `${name}${operator}${JSON.stringify(value)}`;
}

/** Whether all of them fit an alert; a label that it lacks is empty. */
export async function fitsAll(
  matchers: readonly Matcher[],
): Promise<(labels: Readonly<Record<string, string>>) => boolean> {
  const tests = await Promise.all(matchers.map(async matcher => ({ matcher, fits: await testOf(matcher) })));
  return labels =>
    tests.every(({ matcher, fits }) =>
      fits(Object.hasOwn(labels, matcher.name) ? (labels[matcher.name] ?? '') : ''),
    );
}

async function testOf({ value, isRegex, isEqual }: Matcher): Promise<(label: string) => boolean> {
  if (!isRegex) return label => (label === value) === isEqual;
  const pattern = await compiled(value);
  // What cannot be read here fits nothing that we know of; Alertmanager itself refuses it.
  return pattern === undefined ? () => false : label => pattern.matches(label) === isEqual;
}

async function compiled(expression: string): Promise<RE2JS | undefined> {
  const { RE2JS } = await import('re2js');
  try {
    return RE2JS.compile(expression);
  } catch {
    return undefined;
  }
}

// Values that no pattern written for one service, place or severity fits all of.
const unlikely = ['q7x-0zk', 'Zebra_9', '10.99.7.3:81', 'ü'];

/** Whether they narrow nothing down: every one of them fits whatever its label holds, or all but one value. */
export async function fitEverything(matchers: readonly Matcher[]): Promise<boolean> {
  const tests = await Promise.all(matchers.map(testOf));
  return tests.every(fits => unlikely.every(fits));
}
