import { open } from 'node:fs/promises';
import { VigieError } from '../core/errors.ts';
import type { SecretReference } from '../core/secret-reference.ts';
import { systemCode } from '../core/system-error.ts';

/** etcd takes no larger object, so no Secret holds more. */
const maxBytes = 1024 * 1024;
/** Whoever writes a secret chooses it. A group may: files that a cluster mounts belong to one. */
const everybodyMayWrite = 0o002;

/**
 * The value behind a reference. One line feed at the end of a file is not part of it: editors add it.
 * @throws VigieError SECRET, which names the reference and never the value
 */
export async function resolveSecret(reference: SecretReference, env: NodeJS.ProcessEnv): Promise<string> {
  if (reference.source === 'env') {
    const value = env[reference.locator];
    if (value === undefined || value === '') throw unresolved(reference, 'the variable is not set');
    return value;
  }
  let text: string;
  try {
    text = await readBounded(reference);
  } catch (error) {
    if (error instanceof VigieError) throw error;
    const code = systemCode(error) ?? 'unknown';
    throw unresolved(reference, `the file cannot be read (${code})`);
  }
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

async function readBounded(reference: SecretReference): Promise<string> {
  const handle = await open(reference.locator, 'r');
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw unresolved(reference, 'it is not a regular file');
    if ((facts.mode & everybodyMayWrite) !== 0) throw unresolved(reference, 'everybody may write the file');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) throw unresolved(reference, `the file is larger than ${maxBytes} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unresolved(reference: SecretReference, why: string): VigieError {
  return new VigieError('SECRET', `The secret ${reference.toString()} cannot be resolved: ${why}.`, {
    hint: 'Set it where Vigie runs, or change the reference in vigie.yaml.',
    details: { reference: reference.toString() },
  });
}
