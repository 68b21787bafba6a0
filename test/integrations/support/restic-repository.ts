import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, memberOf, parsedObject, textOf } from '../../../src/core/json.ts';
import { openSealed, type SealKeys, seal } from './restic-seal.ts';

const password = 'restic-Test-Password-7';

/** A repository that a test asks by itself. */
export interface TestRepository {
  password: string;
  /** Runs restic to its end for what it prints; what it complains about is in the error that it throws. */
  run(...words: string[]): string;
}

/** `env`: of what the repository lies on. */
export function repositoryAt(
  repository: string,
  { home, env = {} }: { home: string; env?: Record<string, string> },
): TestRepository {
  return {
    password,
    run: (...words) =>
      execFileSync('restic', words, {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          RESTIC_REPOSITORY: repository,
          RESTIC_PASSWORD: password,
          ...env,
        },
        stdio: 'pipe',
        encoding: 'utf8',
      }),
  };
}

/**
 * Makes one in a folder below. restic spends a quarter of a second of a processor on the password of a key that it made,
 * in each of the many commands of a test: here the password of the same key is worth nothing, and tried at once.
 */
export function makeRepository(dir: string, name: string): TestRepository {
  const at = join(dir, name);
  const { folder, config, key, master } = firstRepository();
  cpSync(folder, at, { recursive: true });
  const id = randomBytes(32).toString('hex');
  writeFileSync(join(at, 'config'), seal(textBytes({ ...config, id }), master));
  const text = textBytes(key);
  writeFileSync(join(at, 'keys', createHash('sha256').update(text).digest('hex')), text);
  return repositoryAt(at, { home: dir });
}

/** What `restic init` made, without its config and its key. */
interface FirstRepository {
  folder: string;
  config: JsonObject;
  /** The file of a key that opens with the same password, cheaply. */
  key: JsonObject;
  master: SealKeys;
}

let first: FirstRepository | undefined;

function firstRepository(): FirstRepository {
  if (first !== undefined) return first;
  const home = mkdtempSync(join(tmpdir(), 'vigie-restic-first-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'repository');
  repositoryAt(folder, { home }).run('init');
  // Its 256 folders for packs; restic makes those that it needs.
  rmSync(join(folder, 'data'), { recursive: true });
  mkdirSync(join(folder, 'data'));
  const [file = ''] = readdirSync(join(folder, 'keys')).map(name => join(folder, 'keys', name));
  const made = parsedObject(readFileSync(file, 'utf8')) ?? {};
  const opened = openSealed(bytesOf(made, 'data'), keysOfPassword(made));
  const master = masterIn(parsedObject(opened.toString()) ?? {});
  const config = parsedObject(openSealed(readFileSync(join(folder, 'config')), master).toString()) ?? {};
  const cheap = { ...made, N: 2, r: 1, p: 1 };
  const key = { ...cheap, data: seal(opened, keysOfPassword(cheap)).toString('base64') };
  rmSync(file);
  rmSync(join(folder, 'config'));
  first = { folder, config, key, master };
  return first;
}

function keysOfPassword(key: JsonObject): SealKeys {
  const [N, r, p] = [Number(key['N']), Number(key['r']), Number(key['p'])];
  // restic chooses N so that it takes about 60 MiB.
  const bytes = scryptSync(password, bytesOf(key, 'salt'), 64, { N, r, p, maxmem: 2 ** 30 });
  return { encrypt: bytes.subarray(0, 32), k: bytes.subarray(32, 48), r: bytes.subarray(48) };
}

function masterIn(key: JsonObject): SealKeys {
  const mac = memberOf(key, 'mac');
  return { encrypt: bytesOf(key, 'encrypt'), k: bytesOf(mac, 'k'), r: bytesOf(mac, 'r') };
}

function bytesOf(value: unknown, name: string): Buffer {
  return Buffer.from(textOf(value, name), 'base64');
}

function textBytes(value: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(value));
}
