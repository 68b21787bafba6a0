import type * as Yaml from 'yaml';
import { VigieError } from './errors.ts';
import { limits } from './limits.ts';
import { pauseAfter } from './pause.ts';

// The package reads a whole text at one go, as long as it takes, and some texts of a megabyte take it many seconds. Here
// it reads symbol by symbol: what is too much ends it early, and whoever else waits has a turn on the way.

/** Lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Words, signs and line ends of one document, which is composed at one go: 20,000 lines, more than a CRD has. */
const documentSymbols = 150_000;
/** Of a text: as many as 80,000 lines have. */
const textSymbols = 500_000;
/** Characters of one document: etcd refuses an object above 1.5 MB. */
const documentChars = 1536 * 1024;
/** Lines of one document: a megabyte of text in lines of ten characters. A text that is folded costs by its lines. */
const documentLines = 100_000;
/** Around the levels that count, the reader keeps the document, a key and a value. */
const spareLevels = 5;
/** Directives of a text: YAML knows two. */
const directives = 10;
/** Symbols from one look whether others wait to the next: a look at each would cost as much as reading it. */
const often = 500;
/** So many symbols cost as much as to begin a text. */
const beginning = 50;

const options = {
  version: '1.2',
  schema: 'core',
  strict: true,
  uniqueKeys: false,
  merge: false,
  stringKeys: true,
  intAsBigInt: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** The documents of a text, one after another. @throws VigieError INVALID_MANIFEST for too much of anything */
export async function* composeDocuments(
  text: string,
  by: { yaml: typeof Yaml; lines: Yaml.LineCounter },
): AsyncGenerator<Yaml.Document.Parsed, void> {
  const { yaml, lines } = by;
  const parser = new yaml.Parser(lines.addNewLine);
  const composer = new yaml.Composer(options);
  const began = { symbol: 0, offset: 0, line: 0 };
  const seen = { symbols: 0, directives: 0 };
  const refuseMore = (than: string) => refuse(positionIn(lines, parser.offset), `it has more than ${than}`);

  const compose = (token: Yaml.CST.Token): Yaml.Document.Parsed[] => {
    if (token.type === 'directive' && ++seen.directives > directives)
      throw refuseMore(`${directives} directives`);
    if (token.type === 'document') {
      began.symbol = seen.symbols;
      began.offset = parser.offset;
      began.line = lines.lineStarts.length;
    }
    return withoutStacks(() => [...composer.next(token)]);
  };

  lines.addNewLine(0);
  await pauseAfter(beginning);
  for (const symbol of new yaml.Lexer().lex(text)) {
    seen.symbols += 1;
    const { symbols } = seen;
    if (symbols > textSymbols) throw refuseMore(`${textSymbols} words and signs`);
    if (symbols - began.symbol > documentSymbols)
      throw refuseMore(`${documentSymbols} words and signs in one document`);
    if (parser.offset + symbol.length - began.offset > documentChars)
      throw refuseMore(`${documentChars} characters in one document`);
    for (const token of parser.next(symbol)) yield* compose(token);
    if (lines.lineStarts.length - began.line > documentLines)
      throw refuseMore(`${documentLines} lines in one document`);
    if (parser.stack.length > limits.documentDepth + spareLevels)
      throw refuse(
        positionIn(lines, parser.offset),
        `it is nested deeper than ${limits.documentDepth} levels`,
      );
    if (symbols % often === 0) await pauseAfter(often);
  }
  for (const token of parser.end()) yield* compose(token);
  await pauseAfter(seen.symbols - began.symbol);
  yield* composer.end();
}

export function positionIn(lines: Yaml.LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

export function refuse(position: Position, problem: string): VigieError {
  const { line, column } = position;
  return new VigieError('INVALID_MANIFEST', `Line ${line}, column ${column}: ${problem}.`, {
    details: { line, column, problem },
  });
}

/** The package makes an error of every fault of a text, though the first is enough; most of its cost is the stack. */
function withoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
