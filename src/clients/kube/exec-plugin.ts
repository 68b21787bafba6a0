import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import { type Credentials, withToken } from './credentials.ts';
import { endSession } from './end-session.ts';
import { type ExecPlugin, openPlugin, type PluginFile } from './plugin-identity.ts';
import type { Proof } from './transport.ts';

// What cloud plugins read to find their own login. Everything else of our environment stays here: it may hold
// secrets of others, and NODE_OPTIONS or LD_PRELOAD would carry an intruder along.
const passedNames = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'TZ',
  'TMPDIR',
  'KUBECONFIG',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SYSTEMROOT',
  'APPDATA',
  'USERPROFILE',
];
const passedPrefixes = [
  'LC_',
  'XDG_',
  'AWS_',
  'AZURE_',
  'AAD_',
  'ARM_',
  'GOOGLE_',
  'CLOUDSDK_',
  'OCI_',
  'DIGITALOCEAN_',
  'TELEPORT_',
  'TSH_',
];

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
// A credential is a token and two certificates.
const outputBytes = 1024 * 1024;
const complaintChars = 300;
const drainMs = 500;
// Renewed this long before it ends, so that no request leaves with one that ends on its way.
const aheadMs = 60_000;

/**
 * Asked before each run of a plugin; throws where it may not run. It takes the fingerprint only where that decides,
 * since a binary has to be read for it.
 */
export type MayRun = (fingerprint: () => Promise<string>) => Promise<void>;

/**
 * Credentials from a plugin. Callers that ask at the same time share one run. `mayRun` absent: it may.
 * @throws VigieError CREDENTIAL_PLUGIN, and what `mayRun` throws
 */
export function pluginCredentials(
  plugin: ExecPlugin,
  { rest, mayRun }: { rest: Proof; mayRun: MayRun | undefined },
): Credentials {
  let held: Held | undefined;
  let running: Promise<Held> | undefined;
  return {
    async proof() {
      if (held === undefined || held.renewAt <= Date.now()) {
        running ??= runPlugin(plugin, { rest, mayRun }).finally(() => {
          running = undefined;
        });
        held = await running;
      }
      return held.proof;
    },
    renew() {
      held = undefined;
      return true;
    },
  };
}

interface Held {
  proof: Proof;
  renewAt: number;
}

async function runPlugin(
  plugin: ExecPlugin,
  { rest, mayRun }: { rest: Proof; mayRun: MayRun | undefined },
): Promise<Held> {
  if (!apiVersions.includes(plugin.apiVersion)) {
    throw failed(plugin, `it speaks ${cleanLine(plugin.apiVersion, 80)}, not ${apiVersions.join(' or ')}`);
  }
  const file = await openPlugin(plugin);
  try {
    await mayRun?.(async () => (await file.identity()).fingerprint);
    return await runFile(plugin, { file, rest });
  } finally {
    await file.close();
  }
}

async function runFile(plugin: ExecPlugin, { file, rest }: { file: PluginFile; rest: Proof }): Promise<Held> {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  };
  const env = { ...passedEnvironment(), ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const output = await runToEnd(plugin, { file, env });
  return readCredential(plugin, { output, rest });
}

/** Each has a session of its own, so our terminal's end would not reach them. */
const started = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of started) endSession(child.pid);
});

/** The plugin's standard output. It runs in a session of its own, so that it has no terminal and can be ended whole. */
function runToEnd(
  plugin: ExecPlugin,
  { file, env }: { file: PluginFile; env: Record<string, string> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its input is closed: no question can be answered here, and an open one would let it wait for an answer.
    const child = startFile(file, { args: plugin.args, env });
    const output: Buffer[] = [];
    let outputSize = 0;
    let complaint = '';
    started.add(child);
    function end(finish: () => void): void {
      clearTimeout(timer);
      started.delete(child);
      endSession(child.pid);
      child.stdout?.destroy();
      child.stderr?.destroy();
      finish();
    }
    const seconds = limits.credentialPluginMs / 1000;
    const timer = setTimeout(
      () => end(() => reject(failed(plugin, `it did not end within ${seconds} s`))),
      limits.credentialPluginMs,
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      outputSize += chunk.length;
      if (outputSize > outputBytes) end(() => reject(failed(plugin, 'it wrote too much')));
      else output.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (complaint.length < complaintChars) complaint += chunk.toString('utf8');
    });
    child.once('error', error =>
      end(() => reject(failed(plugin, `it could not be started (${error.name})`))),
    );
    child.once('exit', (status, signal) => {
      // What it wrote may still be in the pipe; a child of its own that keeps the pipe open is not waited for long.
      const drained = Promise.race([once(child, 'close'), setTimeoutPromise(drainMs)]);
      void drained.then(() =>
        end(() => {
          if (status === 0) return resolve(Buffer.concat(output).toString('utf8'));
          const said = complaint === '' ? '' : `: ${cleanLine(complaint, complaintChars)}`;
          return reject(failed(plugin, `it ended with ${status ?? signal ?? 'an error'}${said}`));
        }),
      );
    });
  });
}

/** What a child's first descriptor behind the three of everybody is called. */
const openedInChild = '/proc/self/fd/3';
/** Of Linux, where /proc is mounted. */
const openedHere = '/proc/self/fd';

/**
 * A program of the machine is started from the very file that was opened and hashed: another one under its name by now is
 * not run. A script is opened by its interpreter under its name, and looks beside itself by that name.
 */
function startFile(
  file: PluginFile,
  { args, env }: { args: readonly string[]; env: Record<string, string> },
): ChildProcess {
  const options = { env, detached: true, argv0: file.path };
  if (file.native && existsSync(openedHere)) {
    const { descriptor } = file;
    return spawn(openedInChild, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', descriptor] });
  }
  return spawn(file.path, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

function readCredential(plugin: ExecPlugin, { output, rest }: { output: string; rest: Proof }): Held {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failed(plugin, 'its output is not JSON');
  }
  const status = isObject(answer) ? answer.status : undefined;
  if (!isObject(answer) || answer.kind !== 'ExecCredential' || !isObject(status)) {
    throw failed(plugin, 'its output is not an ExecCredential with a status');
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp: expires } = status;
  const hasPair = typeof cert === 'string' && typeof key === 'string';
  if (typeof token !== 'string' && !hasPair)
    throw failed(plugin, 'it gave neither a token nor a certificate with its key');
  const proof = {
    ...(typeof token === 'string' ? withToken(rest, token) : rest),
    ...(hasPair ? { cert, key } : {}),
  };
  const ends = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  return { proof, renewAt: Number.isNaN(ends) ? Number.POSITIVE_INFINITY : ends - aheadMs };
}

function passedEnvironment(): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (passedNames.includes(name) || passedPrefixes.some(prefix => name.startsWith(prefix)))
      passed[name] = value;
  }
  return passed;
}

function failed(plugin: ExecPlugin, why: string): VigieError {
  return new VigieError(
    'CREDENTIAL_PLUGIN',
    `The credential plugin ${cleanLine(plugin.command, 200)} gave no credentials: ${why}`,
    {
      hint: 'Run the same command in a terminal to see what it says.',
    },
  );
}
