// Says whether a program that a witness is asked through can open the terminal.
import { runProgram } from '../../../src/processes/run-program.ts';

const script = 'if (exec 3<>/dev/tty) 2>/dev/null; then echo found it; else echo found none; fi';
const within = {
  env: { PATH: process.env['PATH'] ?? '' },
  signal: new AbortController().signal,
  limits: { programMs: 10_000, outputBytes: 1_000 },
};
process.stdout.write(await runProgram(['sh', '-c', script], within));
