import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { flowing } from '../../src/http/flowing.ts';

async function take(source: Readable, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  for await (const chunk of flowing(source)) {
    taken.push(chunk.toString());
    if (taken.length >= most) break;
  }
  return taken;
}

test('chunks come whole and in their order, and none after the end', async () => {
  const source = new PassThrough();
  const taken = take(source);
  for (const text of ['one', 'two', 'three']) {
    source.write(text);
    await new Promise(done => setImmediate(done));
  }
  source.end();
  expect(await taken).toEqual(['one', 'two', 'three']);
});

test('whoever takes nothing holds the source back', async () => {
  let given = 0;
  const source = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      given += 64 * 1024;
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  const chunks = flowing(source);
  await chunks.next();
  for (let turn = 0; turn < 50; turn += 1) await new Promise(done => setImmediate(done));
  expect(given).toBeLessThan(2 * 1024 * 1024);
  await chunks.return(undefined);
  expect(source.destroyed).toBe(true);
});

test('what came before a failure is given, and then the failure', async () => {
  const source = new PassThrough();
  const chunks = flowing(source);
  source.write('one');
  expect((await chunks.next()).value?.toString()).toBe('one');
  source.destroy(new Error('broke off'));
  await expect(chunks.next()).rejects.toThrow('broke off');
});

test.each([
  ['with its reason', new Error('too slow'), 'too slow'],
  ['without one', undefined, 'closed before the end'],
])('a stream that was ended before anybody read it fails %s', async (_, error, why) => {
  const source = new PassThrough();
  source.on('error', () => undefined);
  source.destroy(error);
  await new Promise(done => setImmediate(done));
  await expect(take(source)).rejects.toThrow(why);
});

test('whoever stops early ends the stream', async () => {
  const source = new PassThrough();
  source.write('one');
  expect(await take(source, 1)).toEqual(['one']);
  expect(source.destroyed).toBe(true);
});
