/** An expression in a text: CEL between `${{` and `}}`. */
interface Embedded {
  source: string;
  /** Of its `${{` in the text, and of what follows its `}}`. */
  start: number;
  end: number;
  /** How many blanks stand between `${{` and the expression. */
  lead: number;
}

/** A text cut into what is written and what is worked out. */
export interface Template {
  embedded: Embedded[];
  /** True: the text is one expression and nothing else, and keeps the type of its value. */
  whole: boolean;
  /** Where a `${{` begins that nothing ends. */
  open?: number;
}

const opening = '${{';

/** Finds the expressions of a text. A brace or a quote within one counts, so that a map or a text may hold `}}`. */
export function readTemplate(text: string): Template {
  const embedded: Embedded[] = [];
  let at = text.indexOf(opening);
  while (at >= 0) {
    const end = endOf(text, at + opening.length);
    if (end === undefined) return { embedded, whole: false, open: at };
    const inner = text.slice(at + opening.length, end);
    const lead = inner.length - inner.trimStart().length;
    embedded.push({ source: inner.trim(), start: at, end: end + 2, lead });
    at = text.indexOf(opening, end + 2);
  }
  const [only] = embedded;
  const whole = embedded.length === 1 && only?.start === 0 && only.end === text.length;
  return { embedded, whole };
}

/** The expression of a text that is one alone; any other text as it stands. */
export function bareExpression(text: string): string {
  const trimmed = text.trim();
  const { whole, embedded } = readTemplate(trimmed);
  return whole ? (embedded[0]?.source ?? trimmed) : trimmed;
}

/** Where the `}}` stands that ends an expression; undefined: there is none. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"' || char === "'") {
      const close = closingQuote(text, at);
      if (close === undefined) return undefined;
      at = close;
    } else if (char === '{') depth += 1;
    else if (char === '}') {
      if (depth === 0 && text[at + 1] === '}') return at;
      depth = Math.max(0, depth - 1);
    }
  }
  return undefined;
}

/** The end of a CEL text that begins here: `'…'`, `"…"`, and three quotes; a backslash takes the next sign along. */
function closingQuote(text: string, from: number): number | undefined {
  const quote = text[from] ?? '"';
  const triple = quote.repeat(3);
  const mark = text.startsWith(triple, from) ? triple : quote;
  for (let at = from + mark.length; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(mark, at)) return at + mark.length - 1;
  }
  return undefined;
}
