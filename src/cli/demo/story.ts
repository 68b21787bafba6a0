import type { Terminal } from '../terminal.ts';

/** How the demo tells what happens: numbered steps, what each side says, and what a person should take from it. */
export class Story {
  readonly #terminal: Terminal;
  #step = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async step(title: string): Promise<void> {
    this.#step += 1;
    const { bold, cyan } = this.#terminal.colors;
    await this.#terminal.write(`\n${cyan(`${this.#step}.`)} ${bold(title)}\n`);
  }

  /** What goes over the wire between the agent and Vigie. */
  async wire(who: 'agent' | 'vigie', text: string): Promise<void> {
    const { magenta, green } = this.#terminal.colors;
    const arrow = who === 'agent' ? magenta('agent →') : green('vigie →');
    await this.#terminal.write(`   ${arrow} ${text}\n`);
  }

  async say(text: string): Promise<void> {
    const lines = text.trimEnd().split('\n');
    await this.#terminal.write(lines.map(line => (line === '' ? '\n' : `   ${line}\n`)).join(''));
  }

  async aside(text: string): Promise<void> {
    await this.say(
      text
        .split('\n')
        .map(line => this.#terminal.colors.dim(line))
        .join('\n'),
    );
  }
}
