import { VigieError } from '../core/errors.ts';
import type { Terminal } from './terminal.ts';
import type { Tty } from './tty.ts';

const quit: ReadonlySet<string> = new Set(['q', 'Q']);
/** The line that asks, and one of the page before for the eye to hold on to. */
const keptRows = 2;
const fewestRows = 5;

/**
 * Shows a text that a person has to read whole, a screen at a time. There is no way past the end but through it, and no
 * other program is started for it: a pager named by a variable would run beside the passphrase.
 * @throws VigieError CANCELLED when the person leaves.
 */
export async function showWhole(text: string, screen: { terminal: Terminal; tty: Tty }): Promise<void> {
  const { terminal, tty } = screen;
  const lines = text.trimEnd().split('\n');
  const heights = lines.map(line => Math.max(1, Math.ceil(line.length / terminal.columns)));
  const page = Math.max(fewestRows, terminal.rows - keptRows);
  let used = 0;
  for (const [index, line] of lines.entries()) {
    const height = heights[index] ?? 1;
    if (used > 0 && used + height > page) {
      const left = lines.length - index;
      const pressed = await tty.key(
        `-- ${left} more line${left === 1 ? '' : 's'}: any key goes on, q leaves --`,
      );
      if (quit.has(pressed))
        throw new VigieError('CANCELLED', 'Nothing was decided: you left before the end.');
      used = 0;
    }
    terminal.note(line);
    used += height;
  }
}
