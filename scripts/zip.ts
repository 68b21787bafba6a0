import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive; `name` has forward slashes and no leading one. */
export interface ZipEntry {
  name: string;
  data: Uint8Array;
  /** May be executed, on systems that know of it. */
  executable?: boolean;
}

// A zip is: for each file a header and its packed bytes; then a directory that repeats each header with the place of
// its file; then a record that says where the directory is. All numbers are little-endian.
const versionNeeded = 20;
const madeByUnix = (3 << 8) | versionNeeded;
const utf8Names = 0x0800;
const deflated = 8;
/** 1980-01-01, so that the same files make the same archive. */
const date = 0x0021;

/** Packs files in the given order. Without the extensions for archives beyond 4 GB or 65,535 files. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const packed = deflateRawSync(entry.data, { level: 9 });
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(versionNeeded, 0);
    shared.writeUInt16LE(utf8Names, 2);
    shared.writeUInt16LE(deflated, 4);
    shared.writeUInt16LE(0, 6);
    shared.writeUInt16LE(date, 8);
    shared.writeUInt32LE(crc32(entry.data), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(entry.data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    files.push(signature(0x0403_4b50), shared, name, packed);

    const made = Buffer.alloc(2);
    made.writeUInt16LE(madeByUnix);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(((entry.executable === true ? 0o100_755 : 0o100_644) << 16) >>> 0, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(signature(0x0201_4b50), made, shared, place, name);
    offset += 4 + shared.length + name.length + packed.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(table.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, table, signature(0x0605_4b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
