import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localEnd } from '../../src/cli/local-end.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-local-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what is no file', () => {
  test.each(['/dev/zero', '/dev/null'])('as %s is refused', async path => {
    await expect(localEnd.read(path)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `${path} of this machine is neither a file nor a folder.`,
    });
  });

  test('as a pipe that nobody writes to is refused, and left out of a folder', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(localEnd.read(pipe)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    writeFileSync(join(folder, 'a'), 'a');
    expect(await localEnd.read(folder)).toMatchObject([{ path: 'a', bytes: Buffer.from('a') }]);
  });
});

test('a file is read as far as its size told', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, Buffer.alloc(300_000, 'x'));
  const [read] = await localEnd.read(file);
  expect(read?.bytes).toEqual(Buffer.alloc(300_000, 'x'));
  // The kernel tells no size of these and has text for whoever reads on.
  expect(await localEnd.read('/proc/self/status')).toMatchObject([{ bytes: Buffer.alloc(0) }]);
});

test('what is not there, or stands in the way, is named with the command that shows it', async () => {
  await expect(localEnd.read(join(folder, 'none'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: `See what is there: ls -la ${folder}`,
  });
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(localEnd.read(join(file, 'below'))).rejects.toMatchObject({
    message: expect.stringContaining('cannot be used (ENOTDIR)'),
    hint: expect.stringContaining('ls -ld '),
  });
  const one = { path: '', mode: 0o644, bytes: Buffer.from('x') };
  await expect(localEnd.writeNew(file, [one])).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    hint: expect.stringContaining(`ls -la ${file}`),
  });
});

test('a connection whose caller has said all is answered still', async () => {
  const listening = await localEnd.listen(0, connection => {
    void text(connection).then(said => connection.end(`${said}, heard`));
  });
  const caller = createConnection({ port: listening.port, host: '127.0.0.1' });
  caller.end('all');
  expect(await text(caller)).toBe('all, heard');
  listening.close();
});
