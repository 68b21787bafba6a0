import { limits } from './limits.ts';

// C0 and C1 controls but tab and newline, bidi overrides and isolates, zero-width and other invisible format
// characters, tag characters, line and paragraph separators: whatever can make a screen show other than it holds.
const hidden =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu;
// CSI, OSC (ended by BEL or ST), and two-character escapes; each is taken whole so that no parameter stays behind.
const terminalEscape =
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  /\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B[ -/]*[0-~]|\u009B[0-?]*[ -/]*[@-~]/g;

/** Text of a cluster, host or alert as it may be shown: no terminal escapes, control, bidi or invisible characters. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(terminalEscape, '').replace(hidden, '');
}

/** How many characters `cleanText` would take away: shown to an approver, since hiding is itself a fact. */
export function hiddenCharacters(text: string): number {
  const plain = text.replace(/\r\n?/g, '\n');
  return plain.length - cleanText(plain).length;
}

/** One line of untrusted text, bounded; a cut is marked with its length. */
export function cleanLine(text: string, most: number = limits.lineChars): string {
  const line = cleanText(text).replace(/\s*\n\s*/g, ' ');
  return line.length <= most ? line : `${line.slice(0, most)}… (+${line.length - most} characters)`;
}
