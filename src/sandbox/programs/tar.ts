import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { VigieError } from '../../core/errors.ts';
import { packTar, unpackTar } from '../../core/tar.ts';
import { complain, type Process } from './program.ts';

/** `tar cf - [-C FOLDER] PATH…` and `tar xf - [-C FOLDER]`, as copies to and from a pod use them. */
export async function tar(process: Process): Promise<number> {
  const [first = '', ...others] = process.args;
  const words = [`-${first.replace(/^-/, '')}`, ...others];
  const at = words.indexOf('-C');
  const folder = at < 0 ? '/' : posix.resolve('/', words[at + 1] ?? '');
  const rest = at < 0 ? words : words.toSpliced(at, 2);
  const letters = rest.filter(word => /^-[a-z]+$/.test(word)).join('');
  const paths = rest.slice(1).filter(word => !word.startsWith('-'));
  if (letters.includes('c')) return create(process, { folder, paths });
  if (letters.includes('x')) return extract(process, folder);
  return complain(process, 'tar: must specify one of -c, -x');
}

function create(process: Process, { folder, paths }: { folder: string; paths: readonly string[] }): number {
  let status = 0;
  const members = paths.flatMap(path => {
    const base = posix.resolve(folder, path);
    const found = process.files.under(base);
    if (found.length === 0) status = complain(process, `tar: ${path}: No such file or directory`);
    return found.map(each => ({
      path: posix.join(path, posix.relative(base, each.path)).replace(/^\/+/, ''),
      ...each.file,
    }));
  });
  process.out(packTar(members));
  return status;
}

async function extract(process: Process, folder: string): Promise<number> {
  let status = 0;
  try {
    for (const { path, kind, mode, bytes } of unpackTar(await buffer(process.stdin))) {
      if (kind !== 'file') continue;
      const why = process.files.write(posix.join(folder, path), { bytes, mode });
      if (why !== undefined) status = complain(process, `tar: can't open '${path}': ${why}`);
    }
    return status;
  } catch (error) {
    if (error instanceof VigieError) return complain(process, 'tar: short read');
    throw error;
  }
}
