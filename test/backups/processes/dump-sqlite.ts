// A process of its own that dumps a database of SQLite until somebody kills it.
import { sqlite } from '../../../src/backups/engines/sqlite.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';

const [path = ''] = process.argv.slice(2);
await sqlite.dump({
  runner: localRunner,
  signal: new AbortController().signal,
  deadlineMs: 60_000,
  settings: { path },
  secrets: {},
  sink: { put: () => Promise.reject(new Error('it is locked')) },
  name: { set: 'shop', copy: '20260101T000000Z-abcd' },
  progress: () => undefined,
});
