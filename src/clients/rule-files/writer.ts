import { randomBytes } from 'node:crypto';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { ruleFileError } from './place.ts';
import { checkedName, RuleFilesReader } from './reader.ts';

/** A server that runs as somebody else has to read it. */
const newMode = 0o644;

/** Writes rule files of one folder: each is there whole, as it was or as it is to be. */
export class RuleFilesWriter {
  readonly #directory: string;
  readonly #reader: RuleFilesReader;

  constructor(directory: string) {
    this.#directory = directory;
    this.#reader = new RuleFilesReader(directory);
  }

  /**
   * Sets a rule file, or removes it where `text` is undefined. `was`: what has to stand there; undefined: nothing.
   * @throws VigieError CONFLICT where something else stands there, RULE_FILE, INVALID_INPUT
   */
  async write(
    name: string,
    { text, was }: { text: string | undefined; was: string | undefined },
  ): Promise<void> {
    const path = join(this.#directory, checkedName(name));
    try {
      if (text === undefined) {
        await this.#prove(name, was);
        await unlink(path);
      } else await this.#put(name, { path, text, was });
      await syncFolder(this.#directory);
    } catch (error) {
      throw ruleFileError(error, { path });
    }
  }

  async #put(
    name: string,
    { path, text, was }: { path: string; text: string; was: string | undefined },
  ): Promise<void> {
    // With a dot before and another ending no server takes the draft for a rule file.
    const draft = join(this.#directory, `.${name}.${randomBytes(6).toString('hex')}.vigie`);
    try {
      const mode = was === undefined ? newMode : (await lstat(path)).mode & 0o777;
      const file = await open(draft, 'wx', mode);
      try {
        await file.writeFile(text);
        await file.chmod(mode);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#prove(name, was);
      if (was === undefined) await link(draft, path);
      else await rename(draft, path);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') throw moved(path);
      throw error;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  }

  async #prove(name: string, was: string | undefined): Promise<void> {
    if ((await this.#reader.read(name)) !== was) throw moved(join(this.#directory, name));
  }
}

function moved(path: string): VigieError {
  return new VigieError('CONFLICT', `The rule file ${path} was changed by somebody else meanwhile.`, {
    hint: 'Ask for the change anew.',
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
