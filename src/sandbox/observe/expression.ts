/*
 * As much of PromQL as the simulated Prometheus answers: a metric with matchers, rate and increase over a range, and
 * sum, count, min, max and avg of those, with `by`. Whatever else is asked is named as not simulated, never answered.
 */

type Matches = (value: string) => boolean;

export interface Selector {
  /** Undefined: the matchers alone say which. */
  metric: string | undefined;
  matchers: { label: string; matches: Matches }[];
}

export type Expression =
  | { kind: 'selector'; selector: Selector }
  | { kind: 'rate' | 'increase'; selector: Selector; rangeSeconds: number }
  | { kind: 'aggregate'; op: Aggregate; by: string[]; of: Expression };

export type Aggregate = 'sum' | 'count' | 'min' | 'max' | 'avg';

/** What is asked and not simulated. */
export class NotSimulated extends Error {}

/** Makes a pattern that matches whole values. */
export type Pattern = (text: string) => Matches;

const aggregates: ReadonlySet<string> = new Set(['sum', 'count', 'min', 'max', 'avg']);
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
// A model or a person writes three; deeper ones are only made to exhaust the parser.
const deepest = 10;

/** @throws NotSimulated */
export function parseExpression(text: string, pattern: Pattern): Expression {
  const reader = new Reader(text, pattern);
  const expression = reader.expression(0);
  reader.end();
  return expression;
}

/** @throws NotSimulated */
export function parseSelector(text: string, pattern: Pattern): Selector {
  const parsed = parseExpression(text, pattern);
  if (parsed.kind !== 'selector') throw new NotSimulated('a match that is no selector');
  return parsed.selector;
}

class Reader {
  readonly #text: string;
  readonly #pattern: Pattern;
  #at = 0;

  constructor(text: string, pattern: Pattern) {
    this.#text = text;
    this.#pattern = pattern;
  }

  expression(depth: number): Expression {
    if (depth > deepest) throw new NotSimulated('so many brackets');
    if (this.#take(/\(/y) !== undefined) {
      const inner = this.expression(depth + 1);
      this.#need(/\)/y);
      return inner;
    }
    const word = this.#take(/[a-zA-Z_:][\w:]*/y);
    if (word !== undefined && aggregates.has(word)) return this.#aggregate(word as Aggregate, depth);
    if ((word === 'rate' || word === 'increase') && this.#take(/\(/y) !== undefined) {
      const selector = this.#selector(this.#take(/[a-zA-Z_:][\w:]*/y));
      const [, amount = '', unit = ''] = /^\[(\d{1,6})([smhd])\]$/.exec(this.#need(/\[[^\]]*\]/y)) ?? [];
      const rangeSeconds = Number(amount) * (unitSeconds[unit] ?? 0);
      if (!(rangeSeconds > 0)) throw new NotSimulated('that range');
      this.#need(/\)/y);
      return { kind: word, selector, rangeSeconds };
    }
    return { kind: 'selector', selector: this.#selector(word) };
  }

  end(): void {
    if (this.#take(/./sy) !== undefined) throw this.#unknown(this.#at - 1);
  }

  #aggregate(op: Aggregate, depth: number): Expression {
    const before = this.#by();
    this.#need(/\(/y);
    const of = this.expression(depth + 1);
    this.#need(/\)/y);
    return { kind: 'aggregate', op, by: before ?? this.#by() ?? [], of };
  }

  #by(): string[] | undefined {
    if (this.#take(/by\b/y) === undefined) return undefined;
    const list = this.#need(/\([\w\s,]*\)/y).slice(1, -1);
    return list
      .split(',')
      .map(label => label.trim())
      .filter(label => label !== '');
  }

  #selector(metric: string | undefined): Selector {
    const matchers: Selector['matchers'] = [];
    if (this.#take(/\{/y) !== undefined) {
      while (this.#take(/\}/y) === undefined) {
        const label = this.#need(/[a-zA-Z_]\w*/y);
        const operator = this.#need(/=~|!~|!=|=/y);
        const written = this.#need(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y);
        matchers.push({ label, matches: this.#matches(operator, written) });
        this.#take(/,/y);
      }
    } else if (metric === undefined) throw this.#unknown(this.#at);
    return { metric, matchers };
  }

  #matches(operator: string, written: string): Matches {
    const value = written.startsWith('`')
      ? written.slice(1, -1)
      : written.slice(1, -1).replace(/\\(.)/g, '$1');
    switch (operator) {
      case '=':
        return text => text === value;
      case '!=':
        return text => text !== value;
      default: {
        const matches = this.#pattern(value);
        return operator === '=~' ? matches : text => !matches(text);
      }
    }
  }

  #take(what: RegExp): string | undefined {
    const space = /\s*/y;
    space.lastIndex = this.#at;
    space.exec(this.#text);
    what.lastIndex = space.lastIndex;
    const found = what.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = what.lastIndex;
    return found;
  }

  #need(what: RegExp): string {
    const found = this.#take(what);
    if (found === undefined) throw this.#unknown(this.#at);
    return found;
  }

  #unknown(at: number): NotSimulated {
    const rest = this.#text.slice(at).trim().slice(0, 40);
    return new NotSimulated(rest === '' ? 'a query that ends there' : `this part of PromQL: ${rest}`);
  }
}
