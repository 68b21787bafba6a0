// Label and field selectors, in their text form and as LabelSelector objects.
import { VigieError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { labelKeyFaults, labelValueFaults } from './names.ts';

/** One requirement of a label selector; `values` is empty for Exists and DoesNotExist. */
export interface LabelRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'GreaterThan' | 'LessThan';
  values: string[];
}

/** One term of a field selector. */
export interface FieldRequirement {
  field: string;
  op: '=' | '!=';
  value: string;
}

type Token = { kind: 'word' | 'symbol' | 'end'; text: string };

const operators: Record<string, LabelRequirement['operator']> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  in: 'In',
  notin: 'NotIn',
  '>': 'GreaterThan',
  '<': 'LessThan',
};

const operatorList = 'in, notin, =, ==, !=, >, <';

/**
 * Parses `app=web,tier in (a,b),!old`; the empty text selects everything.
 * Throws INVALID_INPUT with the server's message.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const tokens = tokensOf(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '' };
  const take = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  while (peek().kind !== 'end') {
    if (!startsRequirement(peek())) {
      throw badSelector(`found '${peek().text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement({ peek, take }));
    const next = take();
    if (next.kind === 'end') break;
    if (next.text !== ',') throw badSelector(`found '${next.text}', expected: ',' or 'end of string'`);
    if (!startsRequirement(peek()))
      throw badSelector(`found '${peek().text}', expected: identifier after ','`);
  }
  return requirements;
}

interface Tokens {
  peek: () => Token;
  take: () => Token;
}

function parseRequirement({ peek, take }: Tokens): LabelRequirement {
  let first = take();
  const isNegated = first.text === '!' && first.kind === 'symbol';
  if (isNegated) first = take();
  if (first.kind !== 'word') throw badRequirement(`found '${first.text}', expected: identifier`);
  const key = first.text;
  const keyFaults = labelKeyFaults(key);
  if (keyFaults.length > 0)
    throw badRequirement(`<nil>: Invalid value: ${JSON.stringify(key)}: ${keyFaults.join('; ')}`);
  const ends = peek().kind === 'end' || peek().text === ',';
  if (isNegated || ends) return { key, operator: isNegated ? 'DoesNotExist' : 'Exists', values: [] };

  const word = take();
  const operator = Object.hasOwn(operators, word.text) ? operators[word.text] : undefined;
  if (operator === undefined) throw badRequirement(`found '${word.text}', expected: ${operatorList}`);
  const isList = word.text === 'in' || word.text === 'notin';
  const values = isList ? parseValues({ peek, take }) : [parseValue({ peek, take })];
  checkValues({ key, operator, values });
  return { key, operator, values };
}

function parseValue({ peek, take }: Tokens): string {
  const next = peek();
  if (next.kind === 'end' || next.text === ',') return '';
  const token = take();
  if (token.kind !== 'word') throw badRequirement(`found '${token.text}', expected: identifier`);
  return token.text;
}

function parseValues({ peek, take }: Tokens): string[] {
  const open = take();
  if (open.text !== '(') throw badRequirement(`found '${open.text}' expected: '('`);
  if (peek().kind === 'end') throw badRequirement(`found '', expected: ',', ')' or identifier`);
  const values = new Set<string>();
  let expectsValue = true;
  for (;;) {
    const token = take();
    if (token.kind === 'word') {
      if (!expectsValue) throw badRequirement(`found '${token.text}', expected: ',' or ')'`);
      values.add(token.text);
      expectsValue = false;
    } else if (token.text === ',' || token.text === ')') {
      // Nothing between two commas is the empty value.
      if (expectsValue) values.add('');
      if (token.text === ')') return [...values].sort();
      expectsValue = true;
    } else {
      throw badRequirement(`found '${token.text}', expected: ',', or identifier`);
    }
  }
}

function checkValues({ key, operator, values }: LabelRequirement): void {
  for (const [index, value] of values.entries()) {
    if (operator === 'GreaterThan' || operator === 'LessThan') {
      if (!/^[+-]?\d+$/.test(value)) {
        throw badRequirement(
          `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      }
    }
    const faults = labelValueFaults(value);
    if (faults.length > 0) {
      throw badRequirement(
        `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${faults.join('; ')}`,
      );
    }
  }
}

/**
 * The requirements of a LabelSelector ({matchLabels, matchExpressions}). An empty selector has none and matches
 * everything; what an absent selector means is the field's own rule, so the caller decides that.
 */
export function requirementsOf(selector: JsonObject): LabelRequirement[] {
  const labels = isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
  const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : [];
  return [
    ...requirementsOfLabels(labels),
    ...expressions.filter(isObject).map((expression): LabelRequirement => {
      const { key, operator, values } = expression;
      return {
        key: typeof key === 'string' ? key : '',
        operator: readOperator(operator),
        values: Array.isArray(values) ? values.filter(value => typeof value === 'string') : [],
      };
    }),
  ];
}

/** A selector in the form a query takes: `app=web,tier in (a,b),!old`; empty when it selects nothing. */
export function selectorText(selector: JsonObject): string {
  return requirementsOf(selector)
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (operator === 'GreaterThan') return `${key}>${values[0] ?? ''}`;
      if (operator === 'LessThan') return `${key}<${values[0] ?? ''}`;
      if (values.length === 1) return `${key}${operator === 'In' ? '=' : '!='}${values[0] ?? ''}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    })
    .join(',');
}

/** The requirements of a plain map of labels, as a Service has it. */
function requirementsOfLabels(labels: JsonObject): LabelRequirement[] {
  return Object.entries(labels).map(([key, value]) => ({
    key,
    operator: 'In',
    values: typeof value === 'string' ? [value] : [],
  }));
}

export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      case 'GreaterThan':
        return isInteger(value) && BigInt(value) > BigInt(values[0] ?? '0');
      case 'LessThan':
        return isInteger(value) && BigInt(value) < BigInt(values[0] ?? '0');
    }
  });
}

/** Parses `status.phase!=Running,spec.nodeName=n1`; `\,`, `\=` and `\\` stand for themselves. Throws INVALID_INPUT. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitUnescaped(text).flatMap((part): FieldRequirement[] => {
    if (part === '') return [];
    const found = /^([^=!]*?)(!=|==|=)([\s\S]*)$/.exec(part);
    if (found === null) throw badSelector(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', op = '', value = ''] = found;
    return [{ field, op: op === '!=' ? '!=' : '=', value: unescape(value) }];
  });
}

function readOperator(operator: unknown): LabelRequirement['operator'] {
  switch (operator) {
    case 'NotIn':
    case 'Exists':
    case 'DoesNotExist':
      return operator;
    case 'Gt':
      return 'GreaterThan';
    case 'Lt':
      return 'LessThan';
    default:
      return 'In';
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [part] of text.matchAll(/[^\s=!(),<>]+|==|!=|[=!(),<>]/g)) {
    tokens.push({ kind: /^[=!(),<>]/.test(part) ? 'symbol' : 'word', text: part });
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function startsRequirement(token: Token): boolean {
  return token.kind === 'word' || token.text === '!';
}

function isInteger(value: string | undefined): value is string {
  return value !== undefined && /^-?\d+$/.test(value);
}

function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\])+/g) ?? [];
}

function unescape(value: string): string {
  return value.replaceAll(/\\([\\,=])/g, '$1');
}

function badRequirement(message: string): VigieError {
  return badSelector(`unable to parse requirement: ${message}`);
}

function badSelector(message: string): VigieError {
  return new VigieError('INVALID_INPUT', message, {
    hint: 'Write a selector like app=web,tier in (a,b),!old.',
  });
}
