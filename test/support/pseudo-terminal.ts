import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Slower than any start on a busy machine; a test that waits this long has failed. */
const waitMs = 120_000;
const pollMs = 20;

/** A program on a terminal of its own, made by util-linux `script`: what it shows, and somebody who types. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  #shown = '';
  /** What was waited for so far; the next wait looks behind it. */
  #seen = 0;
  /** Nothing more is shown: its end alone does not say so. */
  #closed = false;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    const line = command.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    this.#child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (data: Buffer) => {
      this.#shown += data.toString();
    });
    this.#child.once('close', () => {
      this.#closed = true;
    });
  }

  /** Everything shown so far, without colours. */
  get shown(): string {
    // oxlint-disable-next-line no-control-regex -- colours are control sequences
    return this.#shown.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '');
  }

  /** Everything as the terminal got it. */
  get raw(): string {
    return this.#shown;
  }

  /** Waits until the text is shown, after what was waited for before, and returns what stands in between. */
  async until(text: string): Promise<string> {
    return this.#wait(text, () => {});
  }

  /** The same for somebody who presses a key wherever a screen is full. */
  async readOnUntil(text: string): Promise<string> {
    let screens = 0;
    return this.#wait(text, () => {
      const full = this.shown.split('any key goes on').length - 1;
      if (full > screens) this.type(' ');
      screens = Math.max(screens, full);
    });
  }

  async #wait(text: string, meanwhile: () => void): Promise<string> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const at = this.shown.indexOf(text, this.#seen);
      if (at >= 0) {
        const between = this.shown.slice(this.#seen, at);
        this.#seen = at + text.length;
        return between;
      }
      if (Date.now() > deadline || this.#closed)
        throw new Error(`"${text}" was never shown; there is:\n${this.shown.slice(this.#seen)}`);
      meanwhile();
      await sleep(pollMs);
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** The program's own exit status. */
  async ended(): Promise<number> {
    if (!this.#closed) await once(this.#child, 'close');
    return this.#child.exitCode ?? -1;
  }

  close(): void {
    this.#child.stdin?.destroy();
    this.#child.kill();
  }
}
