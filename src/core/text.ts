import { limits } from './limits.ts';

/**
 * Controls but tab and newline, format characters (bidi overrides, zero-width, tags), whatever Unicode lets a screen leave
 * out, line and paragraph separators: what can make a screen show other than it holds.
 */
export const hiddenPattern = /(?![\t\n])\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\p{Zl}|\p{Zp}/gu;
// CSI, OSC (ended by BEL or ST), and two-character escapes; each is taken whole so that no parameter stays behind.
const terminalEscape =
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  /\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B[ -/]*[0-~]|\u009B[0-?]*[ -/]*[@-~]/g;

// Of printable ASCII, tab and newline nothing is taken; nearly all texts hold nothing else.
const mayHide = /[^\t\n -~]/;

/** Text of a cluster, host or alert as it may be shown: no terminal escapes, control, bidi or invisible characters. */
export function cleanText(text: string): string {
  if (!mayHide.test(text)) return text;
  return text.replace(/\r\n?/g, '\n').replace(terminalEscape, '').replace(hiddenPattern, '');
}

/** How many characters `cleanText` would take away: shown to an approver, since hiding is itself a fact. */
export function hiddenCharacters(text: string): number {
  const plain = text.replace(/\r\n?/g, '\n');
  return plain.length - cleanText(plain).length;
}

// Longer than most tokens and passwords; more would take too much from a line that has no blanks.
const longestWord = 128;

/**
 * The first `most` characters at most, without the word that the cut would go through: half of a secret is not known
 * for one later, when what leaves is masked.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most);
  const word = /\S*$/.exec(kept.slice(-Math.min(longestWord, Math.ceil(most / 2))))?.[0] ?? '';
  return /^\s/.test(text.slice(most)) ? kept : kept.slice(0, kept.length - word.length);
}

/** One line of untrusted text, bounded; a cut is marked with its length. */
export function cleanLine(text: string, most: number = limits.lineChars): string {
  const clean = cleanText(text);
  const line = clean.includes('\n')
    ? clean
        .split('\n')
        .map(part => part.trim())
        .filter((part, index, parts) => part !== '' || index === 0 || index === parts.length - 1)
        .join(' ')
    : clean;
  const kept = cutText(line, most);
  return kept === line ? line : `${kept}… (+${line.length - kept.length} characters)`;
}
