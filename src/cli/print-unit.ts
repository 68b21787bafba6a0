import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';

/**
 * The systemd unit that comes with this program, started by the very node and main file that print it.
 * @throws VigieError INVALID_CONFIG where either lies at a path that a unit cannot name
 */
export async function unitFor(
  self: readonly string[],
  options: { run?: string; configFile?: string },
): Promise<string> {
  const main = self.at(-1) ?? '';
  const file = join(dirname(main), '..', 'systemd', 'vigie.service');
  const unit = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new VigieError(
      'INVALID_CONFIG',
      `The unit ${file} cannot be read (${systemCode(error) ?? 'unknown'}).`,
      {
        hint: 'Install Vigie again: the file comes with it.',
        details: { file },
        cause: error,
      },
    );
  });
  const { run, configFile } = options;
  const words = [
    ...self,
    'daemon',
    ...(run === undefined ? [] : ['--run', run]),
    ...(configFile === undefined ? [] : ['--config', resolve(configFile)]),
  ];
  const command = words.map(quoted).join(' ');
  return unit.replace(/^ExecStart=.*$/m, () => `ExecStart=${command}`);
}

/** As systemd splits a line; what it would expand (`%`, `$`) is refused rather than escaped. */
function quoted(word: string): string {
  if (/^[\w/.:@+=,-]+$/.test(word)) return word;
  if (/^[^\p{Cc}"'\\%$]+$/u.test(word)) return `"${word}"`;
  throw new VigieError('INVALID_CONFIG', `A systemd unit cannot name ${JSON.stringify(word)}.`, {
    hint: 'Install Vigie at a path of plain letters.',
    details: { file: word },
  });
}
