import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lookThroughProgram } from '../../../src/config/separation/program-tree.ts';

let dir: string;
let own: string;
const deep = 'node_modules/zod/v4/core/parse.js';

beforeEach(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), 'vigie-tree-'));
  own = join(dir, 'vigie');
  for (const file of ['dist/main.js', 'dist/chunks/a.js', deep, 'elsewhere/notes.txt'])
    write(join(own, file));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(file: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, '');
  chmodSync(file, mode);
}

const look = () => lookThroughProgram({ code: join(own, 'dist'), own });
const openNames = async () => (await look()).open.map(({ path }) => path.replace(`${own}/`, ''));

test('a program that nobody else may write has no open name', async () => {
  expect(await look()).toEqual({ open: [], whole: true });
});

test.each([
  ['a file deep in a package that everybody may write', deep, 0o666],
  ['one that its group may write', deep, 0o664],
  ['a folder deep in a package', 'node_modules/zod/v4', 0o777],
  ['a chunk', 'dist/chunks/a.js', 0o646],
  ['the folder of the packages', 'node_modules', 0o775],
])('%s is open', async (_what, path, mode) => {
  chmodSync(join(own, path), mode);
  expect(await openNames()).toEqual([path]);
});

test('what is no part of the program is not looked at', async () => {
  chmodSync(join(own, 'elsewhere', 'notes.txt'), 0o666);
  expect(await openNames()).toEqual([]);
});

test('the packages that lie beside an installed one are looked at', async () => {
  own = join(dir, 'node_modules', 'vigie');
  write(join(own, 'dist', 'main.js'));
  const beside = join(dir, 'node_modules', 'yaml', 'index.js');
  write(beside, 0o666);
  expect(await openNames()).toEqual([beside]);
});

test('a link out of the program is told, and what it leads to looked through; one inside only once', async () => {
  const outside = join(dir, 'outside', 'lib', 'index.js');
  write(outside, 0o666);
  symlinkSync(join(dir, 'outside'), join(own, 'node_modules', 'linked'));
  symlinkSync('../zod/v4/core/parse.js', join(own, 'node_modules', '.parse'));
  symlinkSync('.', join(own, 'node_modules', 'round'));
  symlinkSync('nowhere', join(own, 'node_modules', 'broken'));
  expect((await openNames()).toSorted()).toEqual([outside, 'node_modules/linked']);
});

test.skipIf(process.getuid?.() !== 0)('a name of another account is open whatever its mode', async () => {
  lchownSync(join(own, deep), 33, 33);
  expect((await look()).open).toEqual([{ path: join(own, deep), uid: 33, mode: 0o644 }]);
});

test('many that look alike are judged by a few, where no access list can make a difference', async () => {
  for (let index = 0; index < 40; index++) write(join(own, 'dist', `${index}.js`), 0o646);
  const { open, whole } = await look();
  expect(whole).toBe(true);
  expect(open).toHaveLength(20);
});

test('more that a group may write than can be judged one by one is not the whole', async () => {
  for (let index = 0; index < 501; index++) write(join(own, 'dist', `${index}.js`), 0o664);
  const { open, whole } = await look();
  expect(whole).toBe(false);
  expect(open).toHaveLength(500);
});
