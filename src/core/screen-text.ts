import { cleanText, hiddenPattern } from './text.ts';

// What picocolors writes: bold, dim, italic, underlined, inverse, struck out, the sixteen colours, and their ends. Nothing
// that conceals, blinks or names a colour by its value.
// oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
const ownColours = /(\u001B\[(?:[0-479]|2[2-479]|3[0-79]|4[0-79]|9[0-7]|10[0-7])m)/;

/**
 * A text as a terminal may have it: whoever wrote a part of it moves no cursor, fills no clipboard and hides nothing. Our
 * own colours stay where `colours` says so; lines and tabs stay as they are.
 */
export function screenText(text: string, { colours }: { colours: boolean }): string {
  if (!colours) return cleanText(text);
  // A part between two colours is cleaned by itself: what is left of it cannot become a sequence with what follows.
  return text
    .split(ownColours)
    .map((part, index) => (index % 2 === 1 ? part : cleanText(part)))
    .join('');
}

/** JSON that holds the same values, with what a screen would obey or hide spelled as \uXXXX. */
export function screenJson(json: string): string {
  return json.replace(hiddenPattern, character =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
