import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { lookThroughProgram } from '../../config/separation/program-tree.ts';
import type { Check } from '../../desk/checks/check.ts';

const area = 'installation';
/** So many names tell which way they went. */
const mostNamed = 5;
/** Bits that let the group or everybody write. */
const othersWrite = 0o022;
// From a built file to the folder of its package it is one step, from a source file three.
const mostSteps = 5;

/**
 * Whether others could replace the program itself: whoever can decides what it shows and what a person signs. `file` is one
 * of its own; it, the folders above up to the one that holds package.json, and all below its code and packages are looked at.
 */
export async function* programChecks(file: string): AsyncIterable<Check> {
  const ours = process.getuid?.();
  // Windows has neither uids nor these modes.
  if (ours === undefined) return;
  const paths = await pathsOf(file);
  const where = paths.at(-1) ?? file;
  const [first = ''] = relative(where, file).split(sep);
  const tree = await lookThroughProgram({ code: join(where, first), own: where });
  const near = await Promise.all(paths.map(async path => ({ path, ...(await factsOf(path)) })));
  const facts = [...near, ...tree.open.filter(({ path }) => !paths.includes(path))];
  const open = facts.filter(({ mode }) => (mode & othersWrite) !== 0).map(({ path }) => path);
  const strangers = facts.filter(({ uid }) => uid !== 0 && uid !== ours);
  const more = open.length > mostNamed ? ` and ${open.length - mostNamed} more` : '';
  if (open.length > 0)
    yield {
      area,
      state: 'wrong',
      what: `Vigie's own files can be replaced by others: ${open.slice(0, mostNamed).join(', ')}${more}`,
      todo: `chmod -R go-w '${where}'`,
    };
  else if (strangers.length > 0)
    yield {
      area,
      state: 'wrong',
      what: `Vigie's own files in ${where} belong to another user (uid ${strangers[0]?.uid ?? 0}), who can replace them`,
      todo: 'Install Vigie as root, or as this user.',
    };
  else if (ours !== 0 && facts.some(({ uid }) => uid === ours))
    yield {
      area,
      state: 'note',
      what: `Vigie's own files in ${where} belong to this user: an agent on this account can replace them`,
      todo: 'Install Vigie as root (npm install --global as root).',
    };
  else yield { area, state: 'fine', what: `only root can replace Vigie's own files in ${where}` };
}

async function pathsOf(file: string): Promise<string[]> {
  const paths = [file];
  for (let folder = dirname(file); paths.length <= mostSteps; folder = dirname(folder)) {
    paths.push(folder);
    const isPackage = await stat(join(folder, 'package.json')).then(
      () => true,
      () => false,
    );
    if (isPackage || folder === dirname(folder)) break;
  }
  return paths;
}

async function factsOf(path: string): Promise<{ mode: number; uid: number }> {
  const { mode, uid } = await stat(path);
  return { mode, uid };
}
