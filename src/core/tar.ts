import { VigieError } from './errors.ts';

/*
 * Archives as tar programs of images write and read them: blocks of 512 bytes, a header and its file after it. Written
 * are ustar headers, with GNU's long names where one does not fit; read are those and the extended headers of POSIX.
 */

/** One member of an archive. */
export interface TarEntry {
  /** As the archive names it: whoever unpacks it decides whether to believe it. */
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  mode: number;
  bytes: Buffer;
}

const block = 512;
const nameBytes = 100;
/** A name of GNU or POSIX that is longer than any path of a file system. */
const longestNameBytes = 64 * 1024;

export function packTar(entries: readonly Pick<TarEntry, 'path' | 'mode' | 'bytes'>[]): Buffer {
  const parts = entries.flatMap(({ path, mode, bytes }) => {
    const name = Buffer.from(path);
    const long =
      name.length > nameBytes
        ? [
            header({ name: Buffer.from('././@LongLink'), mode: 0, size: name.length + 1, type: 'L' }),
            padded(Buffer.concat([name, Buffer.alloc(1)])),
          ]
        : [];
    return [
      ...long,
      header({ name: name.subarray(0, nameBytes), mode, size: bytes.length, type: '0' }),
      padded(bytes),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(block * 2)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
}

function header(of: { name: Buffer; mode: number; size: number; type: string }): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, width: number): void => {
    bytes.write(value.toString(8).padStart(width - 1, '0'), at, 'ascii');
  };
  of.name.copy(bytes);
  octal(of.mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(of.size, 124, 12);
  octal(0, 136, 12);
  bytes.write(of.type, 156, 'ascii');
  bytes.write('ustar\u000000', 257, 'ascii');
  octal(checksum(bytes), 148, 7);
  bytes[155] = 0x20;
  return bytes;
}

/** The sum of all bytes, its own field taken for blanks. */
function checksum(bytes: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += bytes[at] ?? 0;
  return sum;
}

/** The members of a whole archive, in its order. @throws VigieError BAD_RESPONSE for what is no archive, or half of one */
export function unpackTar(archive: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; at + block <= archive.length; ) {
    const head = archive.subarray(at, at + block);
    if (head.every(byte => byte === 0)) return entries;
    if (numberIn(head, 148, 8) !== checksum(head)) throw broken('a header does not add up');
    const size = numberIn(head, 124, 12);
    const bytes = archive.subarray(at + block, at + block + size);
    if (bytes.length !== size) throw broken('it ends within a file');
    at += block + Math.ceil(size / block) * block;
    const type = String.fromCharCode(head[156] ?? 0);
    if (type === 'g') continue;
    if (type === 'L' || type === 'x') {
      if (size > longestNameBytes) throw broken('a name in it has no end');
      longName = type === 'L' ? textIn(bytes) : (pathOf(bytes) ?? longName);
      continue;
    }
    entries.push({
      path: longName ?? shortName(head),
      kind: kindOf(type),
      mode: numberIn(head, 100, 8) & 0o777,
      bytes,
    });
    longName = undefined;
  }
  throw broken('its end is missing');
}

function kindOf(type: string): TarEntry['kind'] {
  if (type === '0' || type === '\0' || type === '7') return 'file';
  if (type === '5') return 'folder';
  return type === '1' || type === '2' ? 'link' : 'other';
}

function shortName(head: Buffer): string {
  const name = textIn(head.subarray(0, nameBytes));
  const prefix = head.toString('ascii', 257, 263) === 'ustar\0' ? textIn(head.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The path in an extended header: lines of `LENGTH KEY=VALUE`. */
function pathOf(bytes: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(bytes.toString('utf8'))?.[1];
}

function textIn(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function numberIn(head: Buffer, at: number, width: number): number {
  const text = head
    .toString('ascii', at, at + width)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]*$/.test(text)) throw broken('a number in it is none');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function broken(why: string): VigieError {
  return new VigieError('BAD_RESPONSE', `The archive cannot be read: ${why}`);
}
