import { cleanLine } from '../core/text.ts';
import type { Terminal } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** What is going on, on stderr: a turning line on a terminal, one line a step elsewhere. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #elsewhere: 'lines' | 'silent';
  #message = '';
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `elsewhere` says what a log file gets: the steps of a change belong there, those of a read do not. */
  constructor(terminal: Terminal, elsewhere: 'lines' | 'silent') {
    this.#terminal = terminal;
    this.#elsewhere = elsewhere;
  }

  readonly say = (said: string): void => {
    const message = cleanLine(said);
    if (message === this.#message) return;
    this.#message = message;
    if (!this.#terminal.notesCanMove) {
      if (this.#elsewhere === 'lines') this.#terminal.note(message);
      return;
    }
    this.#turn();
    this.#timer ??= setInterval(() => this.#turn(), frameMs).unref();
  };

  /** Clears the line, so that what is written next stands alone. */
  end(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#message !== '') this.#terminal.rewrite('');
    this.#message = '';
  }

  #turn(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    // A wrapped line could not be rewritten, so it is cut to the screen.
    const shown = this.#message.slice(0, Math.max(10, this.#terminal.columns - 4));
    this.#terminal.rewrite(`${this.#terminal.noteColors.cyan(frames[this.#frame] ?? '')} ${shown}`);
  }
}
