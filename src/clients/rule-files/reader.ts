import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { isRuleFileName, ruleFileBytes, ruleFileError } from './place.ts';

/** Reads rule files of one folder of this machine. */
export class RuleFilesReader {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get shown(): string {
    return this.#directory;
  }

  /** A rule file, whole; undefined: there is none. @throws VigieError RULE_FILE a link, too large, not readable; INVALID_INPUT */
  async read(name: string): Promise<string | undefined> {
    const path = join(this.#directory, checkedName(name));
    let file: FileHandle | undefined;
    try {
      await lstat(this.#directory);
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
        (error: unknown) => {
          if (systemCode(error) === 'ENOENT') return undefined;
          throw error;
        },
      );
      if (file === undefined) return undefined;
      const found = await file.stat();
      if (!found.isFile()) throw unusable(path, 'it is no file');
      if (found.size > ruleFileBytes) throw unusable(path, `it is larger than ${ruleFileBytes} bytes`);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(ruleFileBytes), 0, ruleFileBytes, 0);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, bytesRead));
    } catch (error) {
      // What is no text could not be given back as it was.
      if (error instanceof TypeError) throw unusable(path, 'it is no UTF-8 text');
      throw ruleFileError(error, { path });
    } finally {
      await file?.close();
    }
  }
}

export function checkedName(name: string): string {
  if (isRuleFileName(name)) return name;
  throw new VigieError('INVALID_INPUT', 'name: is no name of a rule file', {
    details: { issues: [{ field: 'name', message: 'is no name of a rule file' }] },
  });
}

function unusable(path: string, why: string): VigieError {
  return new VigieError('RULE_FILE', `The rule file ${path} could not be used: ${why}.`, {
    hint: 'Take it out of the folder, or name another rule file.',
    details: { path },
  });
}
