import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';
import { Terminal } from '../../src/cli/terminal.ts';

const hostile = 'a\u001B[2J\u001B]52;c;cm0gLXJmIC8=\u0007\r\u009B31mb';

/** A terminal that shows colours, with what was written to it. */
function open(env: NodeJS.ProcessEnv = { FORCE_COLOR: '1' }) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  Object.assign(stderr, { isTTY: true });
  const terminal = new Terminal({ stdin, stdout, stderr, env });
  const read = (stream: PassThrough): string => String(stream.read() ?? '');
  return { terminal, written: () => ({ stdout: read(stdout), stderr: read(stderr) }) };
}

describe('a terminal is moved by nobody but Vigie', () => {
  test('in results, notes and questions', async () => {
    const { terminal, written } = open();
    await terminal.write(hostile);
    terminal.note(hostile);
    terminal.prompt(hostile);
    expect(written()).toEqual({ stdout: 'a\nb', stderr: 'a\nb\na\nb' });
  });

  test('in a line that turns, which stays one line', () => {
    const { terminal, written } = open();
    const progress = new Progress(terminal, 'silent');
    progress.say(hostile);
    progress.end();
    const { stderr } = written();
    // oxlint-disable-next-line no-control-regex -- our own colours
    expect(stderr.replaceAll('\r\u001B[2K', '').replaceAll(/\u001B\[3[69]m/g, '')).toMatch(/^\S a b$/);
  });

  test('and its own colours stay, where there are any', async () => {
    const coloured = open();
    await coloured.terminal.write(coloured.terminal.colors.red(hostile));
    expect(coloured.written().stdout).toBe('\u001B[31ma\nb\u001B[39m');
    const plain = open({ NO_COLOR: '1' });
    await plain.terminal.write('\u001B[31mred');
    expect(plain.written().stdout).toBe('red');
  });
});
