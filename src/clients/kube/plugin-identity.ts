import { createHash } from 'node:crypto';
import { access, constants, type FileHandle, open, stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, type JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

/** A command that a kubeconfig names to get credentials from (client.authentication.k8s.io). */
export interface ExecPlugin {
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  installHint: string | undefined;
  /** A relative command is looked up from here: the folder of its kubeconfig. */
  folder: string;
  /** Sent to the plugin when it asks for it (provideClusterInfo). */
  cluster: JsonObject | undefined;
}

/** A plugin as a person can judge it. The values of its variables may be secrets, so only their names are here. */
export interface PluginIdentity {
  command: string;
  args: readonly string[];
  envNames: readonly string[];
  /** The file that is started. */
  path: string;
  /** SHA-256 of that file, 64 hex digits. */
  fileHash: string;
  /** Of a script: what its first line starts it with. Absent: it is a program itself. */
  interpreter?: Interpreter;
  /** The files whose absolute paths are among the arguments, with their SHA-256. */
  given: readonly { path: string; hash: string }[];
  /**
   * `SETUP:FILE`, 64 hex digits each: command, arguments, the files among them, variables and the interpreter's path; and
   * the file.
   */
  fingerprint: string;
}

interface Interpreter {
  /** As the script says it: `/usr/bin/env python3`. */
  line: string;
  /** Where `env` finds it now; absent: the line names the file itself, or nothing is found. */
  path?: string;
}

/** The largest plugins of clouds carry a whole runtime, some 150 MB; what is larger is no login tool. */
const fileBytes = 1024 * 1024 * 1024;
/** Read at once. */
const chunkBytes = 1024 * 1024;
/** As much of a first line as the kernel reads. */
const interpreterChars = 255;
/** No command line names more files. */
const mostGiven = 100;

/** @throws VigieError CREDENTIAL_PLUGIN when its command is not there or cannot be read */
export async function identityOf(plugin: ExecPlugin): Promise<PluginIdentity> {
  const file = await openPlugin(plugin);
  try {
    return await file.identity();
  } finally {
    await file.close();
  }
}

/** A plugin's file, opened: what it is told to be is what is started from it, whatever stands under its name by then. */
export interface PluginFile {
  path: string;
  descriptor: number;
  /** A program of the machine, not a script that an interpreter opens by its name. */
  native: boolean;
  identity(): Promise<PluginIdentity>;
  close(): Promise<void>;
}

/** @throws VigieError CREDENTIAL_PLUGIN when its command is not there or cannot be read */
export async function openPlugin(plugin: ExecPlugin): Promise<PluginFile> {
  const { command } = plugin;
  const path = await locateCommand(plugin);
  const handle = await openFile(path, command);
  try {
    const start = Buffer.alloc(interpreterChars);
    const { bytesRead } = await handle.read(start, 0, interpreterChars, 0);
    const head = start.toString('latin1', 0, bytesRead);
    return {
      path,
      descriptor: handle.fd,
      native: head.startsWith('\u007FELF'),
      identity: () => identityIn(plugin, { path, handle, head }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function identityIn(
  plugin: ExecPlugin,
  { path, handle, head }: { path: string; handle: FileHandle; head: string },
): Promise<PluginIdentity> {
  const { apiVersion, command } = plugin;
  const [args, env] = [[...plugin.args], { ...plugin.env }];
  const fileHash = await hashOf(handle);
  const interpreter = await interpreterIn(head, env['PATH'] ?? process.env['PATH'] ?? '');
  const given = await filesAmong(args);
  const setup = createHash('sha256').update(
    canonicalJson({ apiVersion, command, args, env, path, interpreter: interpreter?.path, given }),
  );
  const fingerprint = `${setup.digest('hex')}:${fileHash}`;
  return {
    command,
    args,
    envNames: Object.keys(env),
    path,
    fileHash,
    ...(interpreter === undefined ? {} : { interpreter }),
    given,
    fingerprint,
  };
}

/** A script's first line. Where it goes by `env`, whoever chooses PATH would choose the interpreter too. */
async function interpreterIn(head: string, searched: string): Promise<Interpreter | undefined> {
  const line = /^#!\s*([^\n]*)/.exec(head)?.[1]?.trim();
  if (line === undefined) return undefined;
  const [program = '', ...words] = line.split(/\s+/);
  const name = words.find(word => !word.startsWith('-') && !word.includes('='));
  if (basename(program) !== 'env' || name === undefined) return { line };
  const path = await firstExecutable(name.includes('/') ? [name] : inPath(name, searched));
  return path === undefined ? { line } : { line, path };
}

/** Files named by an absolute path, alone or after `=`, as in `--script=/srv/login.py`. A folder or a device is none. */
async function filesAmong(args: readonly string[]): Promise<{ path: string; hash: string }[]> {
  const paths = args.map(arg => /^(?:-[^=/]*=)?(\/.*)$/s.exec(arg)?.[1]).filter(path => path !== undefined);
  const given: { path: string; hash: string }[] = [];
  for (const path of [...new Set(paths)].slice(0, mostGiven)) {
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() !== true) continue;
    const handle = await openFile(path, path);
    try {
      given.push({ path, hash: await hashOf(handle) });
    } finally {
      await handle.close();
    }
  }
  return given;
}

async function openFile(path: string, named: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(named, { why: 'its file cannot be read', cause });
  });
  const facts = await handle.stat();
  if (facts.isFile() && facts.size <= fileBytes) return handle;
  await handle.close();
  throw unreadable(named, { why: 'it is no program' });
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function unreadable(command: string, { why, cause }: { why: string; cause?: unknown }): VigieError {
  return new VigieError(
    'CREDENTIAL_PLUGIN',
    `The credential plugin ${cleanLine(command, 200)} cannot be looked at: ${why}`,
    { hint: 'Let this user read it, or choose a context with other credentials.', cause },
  );
}

/** Where the command is: a path is relative to the kubeconfig's folder, a bare name is looked up in PATH. */
async function locateCommand(plugin: ExecPlugin): Promise<string> {
  const { command, folder } = plugin;
  const found = await firstExecutable(
    /[\\/]/.test(command) ? [resolve(folder, command)] : inPath(command, process.env['PATH'] ?? ''),
  );
  if (found !== undefined) return found;
  throw new VigieError(
    'CREDENTIAL_PLUGIN',
    `The credential plugin ${cleanLine(command, 200)} is not installed`,
    {
      hint: 'Install it, or choose a context with other credentials.',
      // The kubeconfig's own words stay out of the hint, which people trust.
      details: plugin.installHint === undefined ? {} : { installHint: cleanLine(plugin.installHint, 300) },
    },
  );
}

/** Empty and relative entries of PATH are passed over: they would mean wherever Vigie was started. */
function inPath(name: string, searched: string): string[] {
  return searched
    .split(delimiter)
    .filter(isAbsolute)
    .map(entry => join(entry, name));
}

async function firstExecutable(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // The next entry of PATH may have it.
    }
  }
  return undefined;
}
