import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import type { Playbook, PlaybookMistake } from '../../core/playbook.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { checkPlaybook } from '../language/check-playbook.ts';
import { Evaluator } from '../language/expressions/evaluator.ts';
import { readPlaybook } from '../language/read-playbook.ts';
import { readBounded, readNamed } from './catalogue.ts';

/** What one playbook came to: all of it, or what is wrong; a playbook that is only wrong in what it says is there too. */
interface Examined {
  playbook: Playbook | undefined;
  digest: string | undefined;
  mistakes: PlaybookMistake[];
}

/** A playbook that can be run. */
interface FoundPlaybook {
  playbook: Playbook;
  digest: string;
  file: string;
  origin: 'shipped' | 'own';
  text: string;
}

/** Reads and checks playbooks; nothing of them is run. What a playbook calls is kept until `close`. */
export class Library {
  readonly #evaluator = new Evaluator();
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #directory: () => Promise<string | undefined>;
  readonly #read = new Map<string, Promise<Playbook | undefined>>();

  /** `tools`: all that a step may call. `directory`: the folder of the user's own playbooks; undefined: there is none. */
  constructor(parts: { tools: readonly Tool[]; directory: () => Promise<string | undefined> }) {
    this.#tools = new Map(parts.tools.map(tool => [tool.name, tool]));
    this.#directory = parts.directory;
  }

  /** `name`: what its folder is called. `beside`: a folder of playbooks that it can call before those of the catalogue. */
  async examine(text: string, { name, beside }: { name?: string; beside?: string } = {}): Promise<Examined> {
    const read = await readPlaybook(text);
    if ('mistakes' in read) return { playbook: undefined, digest: undefined, mistakes: read.mistakes };
    const { playbook, positions, digest } = read;
    const mistakes = await checkPlaybook(read, {
      tools: this.#tools,
      evaluator: this.#evaluator,
      called: called =>
        called === playbook.metadata.name ? Promise.resolve(playbook) : this.#called(called, beside),
    });
    if (name !== undefined && name !== playbook.metadata.name) {
      const { line, column } = positions.at(['metadata', 'name']);
      mistakes.unshift({
        line,
        column,
        field: 'metadata.name',
        message: `the playbook is called ${playbook.metadata.name} and its folder ${name}`,
        fix: 'Give both one name.',
      });
    }
    return { playbook, digest, mistakes };
  }

  /** One of the catalogue, without a mistake. @throws VigieError INVALID_INPUT, PLAYBOOK */
  async named(name: string): Promise<FoundPlaybook> {
    const { file, origin, text } = await readNamed(name, await this.#directory());
    const { playbook, digest, mistakes } = await this.examine(text, { name });
    const [first] = mistakes;
    if (first === undefined && playbook !== undefined && digest !== undefined)
      return { playbook, digest, file, origin, text };
    throw new VigieError(
      'PLAYBOOK',
      `The playbook ${name} has mistakes, the first in ${placeOf(file, first)}.`,
      {
        hint: 'All of them, with what to write instead: vigie playbooks lint',
        details: { file, mistakes: mistakes.length },
      },
    );
  }

  async close(): Promise<void> {
    await this.#evaluator.close();
  }

  #called(name: string, beside: string | undefined): Promise<Playbook | undefined> {
    const key = `${beside ?? ''}\n${name}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const read = this.#find(name, beside);
    this.#read.set(key, read);
    return read;
  }

  async #find(name: string, beside: string | undefined): Promise<Playbook | undefined> {
    // The name was checked when it was read: it is one folder, and no way out of this one.
    const near =
      beside === undefined
        ? undefined
        : await readBounded(join(beside, name, 'playbook.yaml')).catch(missing);
    const text = near ?? (await readNamed(name, await this.#directory()).catch(missing))?.text;
    const read = text === undefined ? undefined : await readPlaybook(text);
    return read?.playbook?.metadata.name === name ? read.playbook : undefined;
  }
}

/** For who calls it there is none; what is wrong with it is told where it is looked at itself. */
function missing(error: unknown): undefined {
  if (!(error instanceof VigieError)) throw error;
}

function placeOf(file: string, mistake: PlaybookMistake | undefined): string {
  return mistake === undefined ? file : `${file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
}
