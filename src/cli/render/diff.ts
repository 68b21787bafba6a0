import type { Terminal } from '../terminal.ts';

/**
 * A text that may hold a diff, its lines coloured; the same text where colour is off. Within a hunk the sign stands
 * where its `@@` line begins: a list item of the context begins with a dash as well, further in.
 */
export function paintDiff(text: string, colors: Terminal['colors']): string {
  let margin: number | undefined;
  return text
    .split('\n')
    .map(line => {
      const head = /^( *)@@ /.exec(line);
      if (head !== null) {
        margin = (head[1] ?? '').length;
        return colors.cyan(line);
      }
      if (margin === undefined) return line;
      const sign = line.charAt(margin);
      if (sign === '+') return colors.green(line);
      if (sign === '-') return colors.red(line);
      if (sign !== ' ') margin = undefined;
      return line;
    })
    .join('\n');
}
