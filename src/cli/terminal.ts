import type { Readable, Writable } from 'node:stream';
import picocolors from 'picocolors';
import { screenText } from '../core/screen-text.ts';

type Colors = ReturnType<typeof picocolors.createColors>;
type Screen = Writable & { isTTY?: boolean; columns?: number; rows?: number };

// Of a screen that does not say how large it is, or says 0 as a bare pseudo-terminal does.
const defaultColumns = 80;
const defaultRows = 24;
const lineStart = '\r\u001B[2K';
const oneBack = '\b \b';
const oneUp = '\u001B[1A';
/** A wrapped line could not be drawn over; some terminals wrap at the last column. */
const spareColumns = 1;

/**
 * Where a command reads and writes: results on stdout, everything else on stderr. Whatever is written goes through
 * `screenText`, since an agent, a cluster or a daemon may have chosen some of its words: beside our own colours the
 * cursor moves by methods alone. A reader that went away is no error: what is written after that is dropped, and
 * `whenBroken` tells whoever could stop working for it.
 */
export class Terminal {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** Of stdout; all of them the identity where colour is off. */
  readonly colors: Colors;
  /** Of stderr. */
  readonly noteColors: Colors;
  readonly #stdout: Screen;
  readonly #stderr: Screen;
  readonly #colours: { stdout: boolean; stderr: boolean };
  readonly #broken = new AbortController();

  constructor(streams: {
    stdin: Readable & { isTTY?: boolean };
    stdout: Screen;
    stderr: Screen;
    env: NodeJS.ProcessEnv;
  }) {
    this.stdin = streams.stdin;
    this.env = streams.env;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#colours = { stdout: this.#coloured(streams.stdout), stderr: this.#coloured(streams.stderr) };
    this.colors = picocolors.createColors(this.#colours.stdout);
    this.noteColors = picocolors.createColors(this.#colours.stderr);
    // EPIPE is `vigie … | head`; any other fault of stdout leaves nobody to tell either.
    streams.stdout.on('error', () => this.#broken.abort());
    streams.stderr.on('error', () => {});
  }

  /** True where a person sits: all three streams are a terminal. */
  get interactive(): boolean {
    return this.stdin.isTTY === true && this.#stdout.isTTY === true && this.#stderr.isTTY === true;
  }

  get outputIsTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  get notesAreTerminal(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** True where a line of stderr may be written over: a terminal, and nobody who asked for plain text. */
  get notesCanMove(): boolean {
    const { NO_COLOR, TERM } = this.env;
    return this.notesAreTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
  }

  get columns(): number {
    return this.#stdout.columns || defaultColumns;
  }

  get rows(): number {
    return this.#stdout.rows || defaultRows;
  }

  /** Aborted once the reader of stdout has gone. */
  get whenBroken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Resolves when the text may be followed by more: a slow reader slows the writer. */
  async write(text: string): Promise<void> {
    if (this.#broken.signal.aborted || text === '') return;
    await new Promise<void>(resolve => {
      this.#stdout.write(screenText(text, { colours: this.#colours.stdout }), () => resolve());
    });
  }

  /** One or more lines for the person, on stderr. */
  note(text: string): void {
    this.prompt(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Text for the person, without a line break of its own. */
  prompt(text: string): void {
    this.#stderr.write(screenText(text, { colours: this.#colours.stderr }));
  }

  /** Rewrites the current line of stderr; only where that can be done. */
  rewrite(line: string): void {
    if (!this.notesCanMove) return;
    this.clearLine();
    this.prompt(line.replaceAll('\n', ' '));
  }

  /** Writes lines over the last `before` ones of stderr; only where that can be done. */
  redraw(lines: readonly string[], before: number): void {
    if (!this.notesCanMove) return;
    const most = Math.max(10, this.columns - spareColumns);
    const shown = lines.map(line => cutColoured(screenText(line, { colours: this.#colours.stderr }), most));
    this.#stderr.write(`${`${oneUp}${lineStart}`.repeat(before)}${shown.map(line => `${line}\n`).join('')}`);
  }

  /** Empties the current line of stderr, which is a terminal. */
  clearLine(): void {
    this.#stderr.write(lineStart);
  }

  /** Takes back as many characters of the current line of stderr, which is a terminal. */
  takeBack(characters: number): void {
    this.#stderr.write(oneBack.repeat(characters));
  }

  #coloured(stream: Screen): boolean {
    const { NO_COLOR, FORCE_COLOR, TERM } = this.env;
    if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
    if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
    return stream.isTTY === true && TERM !== 'dumb';
  }
}

/** From here on a sign may be two columns wide; that not all are makes a line only shorter. */
const firstWide = 0x1100;

/** Cuts to so many columns, of which a colour takes none; its end stays. */
function cutColoured(line: string, most: number): string {
  let room = most;
  return (
    line
      // oxlint-disable-next-line no-control-regex -- colours are control sequences
      .split(/(\u001B\[\d+m)/)
      .map((part, index) => {
        if (index % 2 === 1) return part;
        let kept = '';
        for (const sign of part) {
          room -= (sign.codePointAt(0) ?? 0) < firstWide ? 1 : 2;
          if (room < 0) break;
          kept += sign;
        }
        return kept;
      })
      .join('')
  );
}
