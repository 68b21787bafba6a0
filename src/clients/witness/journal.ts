import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { runProgram } from '../../processes/run-program.ts';
import { trouble } from './trouble.ts';
import { lineOf, mostLines, programLimits, rowOf, type Witness, type WitnessedRow } from './witness.ts';

// The stream that systemd-cat opens: seven lines of header, then one entry a line. journald stamps each entry with the
// uid of whoever connected and keeps it as root, so a user can add entries in their own name and take none away.

const identifier = 'vigie';
const priorityNotice = '5';
const name = 'journal';

/** Where journald listens, and the program that reads it. */
export interface JournalPlace {
  socket: string;
  reader: string;
}

export const systemJournal: JournalPlace = { socket: '/run/systemd/journal/stdout', reader: 'journalctl' };

/** The journal of this machine; undefined where none listens. */
export async function journalWitness(at: {
  place: JournalPlace;
  installation: string;
  env: NodeJS.ProcessEnv;
}): Promise<Witness | undefined> {
  const { place, installation } = at;
  const uid = process.getuid?.();
  const facts = await stat(place.socket).catch(() => undefined);
  if (uid === undefined || facts?.isSocket() !== true) return undefined;
  const prefix = `${installation} `;
  return {
    system: 'journal',
    name,
    shows: 'recent',

    async record(row, signal) {
      const header = [identifier, '', priorityNotice, '0', '0', '0', '0'];
      const stream = connect(place.socket);
      try {
        stream.end(`${[...header, `${prefix}${lineOf(row)}`].join('\n')}\n`);
        await once(stream, 'finish', { signal });
      } catch (error) {
        throw trouble(name, error instanceof Error ? error.message : String(error));
      } finally {
        stream.destroy();
      }
    },

    async recall(signal) {
      const words = [
        `--identifier=${identifier}`,
        '--output=json',
        '--output-fields=MESSAGE',
        '--no-pager',
        '--quiet',
        `--lines=${mostLines}`,
        // Anybody may write entries under any identifier; this field is journald's own.
        `_UID=${uid}`,
      ];
      const env = { PATH: at.env['PATH'] ?? '', LC_ALL: 'C' };
      const within = { env, signal, limits: programLimits };
      const text = await runProgram([place.reader, ...words], within).catch((error: unknown) => {
        throw trouble(name, error instanceof Error ? error.message : String(error));
      });
      return text
        .split('\n')
        .map(messageOf)
        .filter(message => message.startsWith(prefix))
        .map(message => rowOf(message.slice(prefix.length)))
        .filter((row): row is WitnessedRow => row !== undefined);
    },
  };
}

/** Empty for what is no entry with a text. */
function messageOf(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    const known = typeof entry === 'object' && entry !== null && 'MESSAGE' in entry ? entry.MESSAGE : '';
    return typeof known === 'string' ? known : '';
  } catch {
    return '';
  }
}
