import type { Terminal } from '../terminal.ts';

/** A text that may hold a diff, its lines coloured; the same text where colour is off. */
export function paintDiff(text: string, colors: Terminal['colors']): string {
  return text
    .split('\n')
    .map(line => {
      if (/^\s*\+(?!\+\+ )/.test(line)) return colors.green(line);
      if (/^\s*-(?!-- |-)\s?\S/.test(line)) return colors.red(line);
      if (/^\s*@@/.test(line)) return colors.cyan(line);
      return line;
    })
    .join('\n');
}
