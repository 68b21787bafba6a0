import { closeSync, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { VigieError } from '../core/errors.ts';
import { cleanLine, cleanText } from '../core/text.ts';
import type { Terminal } from './terminal.ts';
import { childrenEnded } from './wait-for-children.ts';

// A person's answers come from the terminal device itself: not from stdin, which may be a pipe or an agent's, and not
// from an argument or a variable. Echo is off (raw mode) before a question is shown, and what may be seen is echoed
// here. From the first hidden answer on it stays off between questions: what is typed ahead is the next answer.

const device = process.platform === 'win32' ? '\\\\.\\CONIN$' : '/dev/tty';
const keys = { enter: '\r', newline: '\n', interrupt: '\u0003', end: '\u0004', clear: '\u0015' };
const erase: ReadonlySet<string> = new Set(['\u0008', '\u007F']);
/** A longer answer is a pasted file, not a phrase. */
const answerChars = 1_000;

/** Where questions are shown. */
type Screen = Pick<Terminal, 'prompt' | 'clearLine' | 'takeBack'>;

/** The terminal that a person sits at. A question is one line, whoever chose the names in it. */
export class Tty {
  readonly #input: ReadStream;
  readonly #screen: Screen;
  /** Echo stays off until `restore`. */
  #secretive = false;
  /** Typed ahead of the next question, as when several lines are pasted. */
  #ahead: string[] = [];

  /** Ends a question that waits; absent: nothing does but its keys. */
  readonly #stop: AbortSignal | undefined;

  private constructor(
    input: ReadStream,
    { screen, stop }: { screen: Screen; stop: AbortSignal | undefined },
  ) {
    this.#input = input;
    this.#screen = screen;
    this.#stop = stop;
  }

  /** `stop`: of a SIGTERM, which no key tells. @throws VigieError NO_TERMINAL */
  static open(screen: Screen, stop?: AbortSignal): Tty {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(device, 'r+');
      return new Tty(new ReadStream(descriptor), { screen, stop });
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw new VigieError('NO_TERMINAL', 'A person must answer here, and this process has no terminal.', {
        hint: 'Run the same command in a terminal of your own; there is no flag or variable that answers for you.',
        cause: error,
      });
    }
  }

  /** One visible line. @throws VigieError CANCELLED on Ctrl-C or Ctrl-D. */
  ask(question: string): Promise<string> {
    return this.#line(question, char => char);
  }

  /**
   * One line of which nothing shows, nor of what follows until `restore`; asked once no program of ours runs.
   * @throws VigieError CANCELLED on Ctrl-C or Ctrl-D, CREDENTIAL_PLUGIN
   */
  async askHidden(question: string): Promise<string> {
    this.#secretive = true;
    this.#input.setRawMode(true);
    await childrenEnded();
    return this.#line(question, () => '');
  }

  /** After the last hidden answer: the terminal echoes again, and its Ctrl-C is a signal again. */
  restore(): void {
    this.#secretive = false;
    this.#input.setRawMode(false);
  }

  /** True only for a typed y or yes. */
  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test((await this.ask(`${question} [y/N] `)).trim());
  }

  /** One key, unseen. */
  async key(question: string): Promise<string> {
    this.#input.setRawMode(true);
    this.#screen.prompt(cleanLine(question));
    const pressed = await this.#read(() => true);
    this.#screen.clearLine();
    return pressed;
  }

  say(text: string): void {
    this.#screen.prompt(`${text}\n`);
  }

  close(): void {
    this.restore();
    this.#input.destroy();
  }

  async #line(question: string, echo: (char: string) => string): Promise<string> {
    this.#input.setRawMode(true);
    this.#screen.prompt(cleanLine(question));
    let answer = '';
    await this.#read(char => {
      if (char === keys.enter || char === keys.newline) return true;
      if (erase.has(char)) {
        const shortened = Array.from(answer).slice(0, -1).join('');
        if (shortened !== answer && echo('x') !== '') this.#screen.takeBack(1);
        answer = shortened;
      } else if (char === keys.clear) {
        if (echo('x') !== '') this.#screen.takeBack(Array.from(answer).length);
        answer = '';
      } else if (cleanText(char) !== '' && char !== '\t' && answer.length < answerChars) {
        answer += char;
        this.#screen.prompt(echo(char));
      }
      return false;
    });
    this.#screen.prompt('\n');
    return answer;
  }

  /** Feeds single characters until one ends it, and returns that one. */
  #read(ends: (char: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const input = this.#input;
      const finish = (settle: () => void) => {
        input.off('data', onData);
        input.off('end', onEnd);
        input.off('error', onError);
        this.#stop?.removeEventListener('abort', onEnd);
        if (!this.#secretive) input.setRawMode(false);
        input.pause();
        settle();
      };
      const stopped = () =>
        new VigieError('CANCELLED', 'Nothing was decided: the question was not answered.');
      const take = () => {
        for (let char = this.#ahead.shift(); char !== undefined; char = this.#ahead.shift()) {
          if (char === keys.interrupt || char === keys.end) {
            this.#screen.prompt('\n');
            finish(() => reject(stopped()));
            return;
          }
          const last = char;
          if (ends(last)) {
            finish(() => resolve(last));
            return;
          }
        }
      };
      const onData = (data: Buffer | string) => {
        this.#ahead.push(...splitKeys(data.toString()));
        take();
      };
      const onEnd = () => finish(() => reject(stopped()));
      const onError = () => finish(() => reject(stopped()));
      input.setRawMode(true);
      input.on('data', onData);
      input.once('end', onEnd);
      input.once('error', onError);
      this.#stop?.addEventListener('abort', onEnd, { once: true });
      input.resume();
      if (this.#stop?.aborted === true) onEnd();
      else take();
    });
  }
}

/** Characters one by one; the escape sequence of an arrow or function key counts as nothing typed. */
function splitKeys(text: string): string[] {
  // oxlint-disable-next-line no-control-regex -- terminal keys are control sequences
  return Array.from(text.replaceAll(/\u001B(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g, ''));
}
