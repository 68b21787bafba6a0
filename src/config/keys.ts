import { hkdfSync, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigieError } from '../core/errors.ts';
import type { Keys } from '../core/keys.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import type { Home } from './home.ts';

const keyBytes = 32;

/**
 * The installation's keys. The file is made on first use; of two processes that start at once both end with the same.
 * @throws VigieError STORE when it cannot be read or made, or when others may read it
 */
export async function loadKeys(home: Home): Promise<Keys> {
  const file = home.keyFile;
  try {
    const master = (await readKey(file)) ?? (await makeKey(file));
    return { seal: derive(master, 'seal'), digest: derive(master, 'digest'), copies: copiesKey(master) };
  } catch (error) {
    if (error instanceof VigieError) throw error;
    const code = systemCode(error) ?? 'unknown';
    throw unusable(file, { why: `it cannot be read or made (${code})`, cause: error });
  }
}

/**
 * The key that copies are signed with, of what `signing` leads to: written as the file of an installation's own key is, so
 * that the key of a machine that is lost can be named. Undefined: it is no such key.
 */
export function copiesKeyOf(written: string): Uint8Array | undefined {
  const master = Buffer.from(written.trim(), 'base64');
  return master.length === keyBytes ? copiesKey(master) : undefined;
}

function copiesKey(master: Buffer): Uint8Array {
  return derive(master, 'copies');
}

/** One secret on disk, keys that say nothing about each other. */
function derive(master: Buffer, purpose: 'seal' | 'digest' | 'copies'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, 'vigie installation', purpose, keyBytes));
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { mode, uid } = await handle.stat();
    const ours = process.getuid?.();
    if (ours !== undefined && uid !== ours)
      throw unusable(file, { why: `it belongs to another user (uid ${uid})` });
    if (ours !== undefined && (mode & 0o077) !== 0) {
      throw unusable(file, { why: 'others may read it', hint: trusted`chmod 600 '${file}'` });
    }
    const key = Buffer.from((await handle.readFile('utf8')).trim(), 'base64');
    if (key.length !== keyBytes) throw unusable(file, { why: `it does not hold a key of ${keyBytes} bytes` });
    return key;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

/** Written whole under another name and then linked, so that nobody ever reads half a key; a link never overwrites. */
async function makeKey(file: string): Promise<Buffer> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const key = randomBytes(keyBytes);
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(`${key.toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
    return key;
  } catch (error) {
    const other = await readKey(file);
    if (other === undefined) throw error;
    return other;
  } finally {
    await rm(draft, { force: true });
  }
}

function unusable(file: string, problem: { why: string; hint?: Trusted; cause?: unknown }): VigieError {
  return new VigieError('STORE', `The key file ${file} cannot be used: ${problem.why}.`, {
    hint: problem.hint ?? trusted`Set VIGIE_HOME to a folder of your own.`,
    details: { file },
    cause: problem.cause,
  });
}
