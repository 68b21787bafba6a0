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
