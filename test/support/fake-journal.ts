import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JournalPlace } from '../../src/clients/witness/journal.ts';

/** The far side of journald: the socket that systemd-cat writes to, and a journalctl that prints what came. */
export interface FakeJournal {
  place: JournalPlace;
  /** Every stream as it came, header and all. */
  received: string[];
  /** Resolves once so many streams have ended. */
  taken(streams: number): Promise<void>;
  /** The words with which the journal was last read. */
  asked(): Promise<string[]>;
  /** Lines of `journalctl -o json` that nobody sent. */
  add(lines: string): Promise<void>;
  close(): Promise<void>;
}

const headerLines = 7;

export async function startJournal(folder: string): Promise<FakeJournal> {
  const place = { socket: join(folder, 'stdout'), reader: join(folder, 'journalctl') };
  const entries = join(folder, 'entries');
  const words = join(folder, 'words');
  await writeFile(entries, '');
  await writeFile(words, '');
  await writeFile(place.reader, `#!/bin/sh\nprintf '%s\\n' "$@" > '${words}'\ncat '${entries}'\n`);
  await chmod(place.reader, 0o755);
  const received: string[] = [];
  const server = createServer({ allowHalfOpen: true }, stream => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
    stream.on('error', () => undefined);
    stream.on('end', () => {
      const messages = text
        .split('\n')
        .slice(headerLines)
        .filter(line => line !== '');
      const lines = messages.map(message => `${JSON.stringify({ MESSAGE: message })}\n`).join('');
      void appendFile(entries, lines).then(() => received.push(text));
      stream.end();
    });
  });
  await new Promise<void>(resolve => server.listen(place.socket, resolve));
  return {
    place,
    received,
    taken: async streams => {
      while (received.length < streams) await pause(5);
    },
    asked: async () => (await readFile(words, 'utf8')).trim().split('\n'),
    add: lines => appendFile(entries, lines),
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
}
