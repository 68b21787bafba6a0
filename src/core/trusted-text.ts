import { cleanText } from './text.ts';

declare const brand: unique symbol;

/**
 * Text that somebody acts on: a hint, a next step, a way back. It is Vigie's own words with names and numbers in them; what
 * a cluster, a log or a server says cannot become a part of it, so that nobody can write a next step from there.
 */
export type Trusted = string & { readonly [brand]: true };

/** A text as it stands in the source. What is put together when it runs is refused by the compiler. */
export type Written<Text extends string> = Text extends Trusted
  ? Text
  : { '': 1 } extends { [K in Text | '']: 1 }
    ? 'put it together with the tag `trusted` of core/trusted-text.ts'
    : Text;

// What a name, an id, a path, a quantity or an address of an image is: one word, as no sentence is, and without what a
// shell reads as more than a word. A dash at its start would be an option.
const word = /^[\w/.~][\w/.~:@+=-]{0,252}$/;
const leftOut = '…';
const mostNamed = 20;
// The longest of ours is a third of it.
const mostChars = 1_000;

/**
 * Vigie's own words with values in them. A value that is no single word is left out (…); of a list the first twenty that
 * are, or `none`.
 */
export function trusted(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): Trusted {
  const text = parts.map((part, index) => (index === 0 ? part : spelled(values[index - 1] ?? '') + part));
  return vouched(text.join(''));
}

/** Several of them in one line. */
export function joined(texts: readonly Trusted[], between: '; ' | ': ' | ' ' | ''): Trusted {
  return vouched(texts.join(between));
}

/**
 * What was trusted when it was stored or sent, by this installation: a record, or an error of the daemon. Undefined for
 * what cannot have been: too long, of several lines, or with characters that nobody sees.
 */
export function asStored(text: string): Trusted | undefined {
  return text.length <= mostChars && !/[\n\t]/.test(text) && cleanText(text) === text
    ? vouched(text)
    : undefined;
}

function spelled(value: string | number | readonly string[]): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return word.test(value) ? value : leftOut;
  const named = value.filter(each => word.test(each)).slice(0, mostNamed);
  if (named.length > 0) return named.join(', ');
  return value.length === 0 ? 'none' : leftOut;
}

function vouched(text: string): Trusted {
  return text as Trusted;
}
