import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SigningKey } from '../../src/config/signing.ts';
import { type SignedStatement, signedText } from '../../src/core/approval.ts';
import { trustToFollow } from '../../src/pipeline/plugin-trust.ts';
import { newestEntry } from '../../src/pipeline/trusted-approvers.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';

/**
 * A shell script that logs in to a sandbox, named by a kubeconfig in place of the token itself. Each run adds a line to
 * the file `runs` beside it, and whatever `write` was given runs too.
 */
export class LoginPlugin {
  readonly #dir: string;
  readonly #sandbox: Sandbox;

  /** `dir` holds the file `kubeconfig` of the environment. */
  constructor(dir: string, sandbox: Sandbox) {
    this.#dir = dir;
    this.#sandbox = sandbox;
    this.write('');
    const text = sandbox.kubeconfig();
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './login.sh', args: ['log in'] };
    const kubeconfig = text.replace(/token: .*/, `exec: ${JSON.stringify(exec)}`);
    if (kubeconfig === text) throw new Error('the sandbox kubeconfig holds no token');
    writeFileSync(join(dir, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  }

  /** Makes it another program that does the same and, before that, this. */
  write(script: string): void {
    const status = { token: this.#sandbox.token };
    const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
    const text = `#!/bin/sh\ncd "$(dirname "$0")"\necho run >> runs\n${script}\ncat <<'X'\n${JSON.stringify(answer)}\nX\n`;
    writeFileSync(join(this.#dir, 'login.sh'), text, { mode: 0o700 });
  }

  get runs(): number {
    const file = join(this.#dir, 'runs');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  }
}

/** What `vigie env trust` signs, for the plugin as it is now unless a fingerprint is given. */
export async function trustStatement(
  vigie: Vigie,
  by: { key: SigningKey; person?: string; environment?: string; fingerprint?: string },
): Promise<SignedStatement> {
  const { environment: name = 'test', person: approver = 'alice', key } = by;
  const environment = vigie.environments.find(({ view }) => view.name === name);
  const fingerprint = by.fingerprint ?? (await environment?.plugin())?.fingerprint ?? '';
  const { hash: auditHead } = await (await vigie.store()).audit.head();
  const statement = {
    v: 1,
    act: 'env-trust',
    approver,
    at: vigie.now().toISOString(),
    auditHead,
    environment: name,
    fingerprint,
    follows: await trustToFollow(vigie, name),
  } as const;
  return { statement, signature: key.sign(signedText('statement', statement)), publicKey: key.publicKey };
}

/** Records it as the command does. */
export async function recordTrust(vigie: Vigie, signed: SignedStatement): Promise<void> {
  const { statement } = signed;
  const environment = statement.act === 'env-trust' ? statement.environment : '';
  const { settings } = await vigie.store();
  const facts = newestEntry(await vigie.approvers());
  await settings.setTrustedPlugin({ environment, signed, audit: { event: 'env_trusted', facts } });
}
