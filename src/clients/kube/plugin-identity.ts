import { createHash } from 'node:crypto';
import { access, constants, open } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
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
  /** `SETUP:FILE`, 64 hex digits each: command, arguments and variables; and the file. */
  fingerprint: string;
}

/** The largest plugins of clouds carry a whole runtime, some 150 MB; what is larger is no login tool. */
const fileBytes = 1024 * 1024 * 1024;
/** Read at once. */
const chunkBytes = 1024 * 1024;

/** @throws VigieError CREDENTIAL_PLUGIN when its command is not there or cannot be read */
export async function identityOf(plugin: ExecPlugin): Promise<PluginIdentity> {
  const { apiVersion, command } = plugin;
  const [args, env] = [[...plugin.args], { ...plugin.env }];
  const path = await locateCommand(plugin);
  const fileHash = await hashOfFile(path, command);
  const setup = createHash('sha256').update(canonicalJson({ apiVersion, command, args, env, path }));
  const fingerprint = `${setup.digest('hex')}:${fileHash}`;
  return { command, args, envNames: Object.keys(env), path, fileHash, fingerprint };
}

/** What decides what the plugin does: command, arguments, environment and the file itself. */
export async function fingerprintOf(plugin: ExecPlugin): Promise<string> {
  return (await identityOf(plugin)).fingerprint;
}

async function hashOfFile(path: string, command: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(command, { why: 'its file cannot be read', cause });
  });
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > fileBytes) throw unreadable(command, { why: 'it is no program' });
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
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
export async function locateCommand(plugin: ExecPlugin): Promise<string> {
  const { command, folder } = plugin;
  const candidates = /[\\/]/.test(command)
    ? [resolve(folder, command)]
    : (process.env.PATH ?? '')
        .split(delimiter)
        .filter(isAbsolute)
        .map(entry => join(entry, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // The next entry of PATH may have it.
    }
  }
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
