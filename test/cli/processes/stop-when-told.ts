// Says when it can be stopped, and what it recorded once its input has ended.
import { once } from 'node:events';
import { Session } from '../../../src/cli/session.ts';

const session = new Session({
  program: { version: '0.0.0', open: () => Promise.reject(new Error('not opened')) },
  terminal: { note: (line: string) => process.stdout.write(`${line}\n`) },
} as unknown as ConstructorParameters<typeof Session>[0]);
const stopped = once(session.signal, 'abort');
// Heeded from the start: the input may end before the signal is heard.
const inputEnded = once(process.stdin, 'end');
process.stdout.write('ready\n');
process.stdin.resume();
await stopped;
await inputEnded;
process.stdout.write('recorded\n');
