import type { Terminal } from '../terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** Lines on stderr that are drawn again in place while a run goes on. */
export class LiveTree {
  readonly #terminal: Terminal;
  #draw: (turning: string) => string[] = () => [];
  #frame = 0;
  #drawn = 0;
  #last = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** From now on these are the lines. */
  show(draw: (turning: string) => string[]): void {
    this.#draw = draw;
    this.#again();
    this.#timer ??= setInterval(() => this.#again(), frameMs).unref();
  }

  /** Takes the lines away, so that what is written next stands alone. */
  end(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
    this.#terminal.redraw([], this.#drawn);
    this.#drawn = 0;
  }

  #again(): void {
    this.#frame += 1;
    const drawn = this.#draw(frames[this.#frame % frames.length] ?? '');
    // Where nothing goes on nothing turns: what is drawn stays, and can be marked and copied.
    if (drawn.join('\n') === this.#last) return;
    this.#last = drawn.join('\n');
    // More than a screen could not be drawn over: its end is where the run is.
    const fitting = drawn.slice(-Math.max(1, this.#terminal.rows - 2));
    this.#terminal.redraw(fitting, this.#drawn);
    this.#drawn = fitting.length;
  }
}
