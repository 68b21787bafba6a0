import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { signedText } from '../../../src/core/approval.ts';
import { limits } from '../../../src/core/limits.ts';
import { LocalDesk } from '../../../src/desk/local.ts';
import { LoginPlugin } from '../../support/login-plugin.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

let running: TestVigie;
afterEach(() => running.stop());

test('a login command that is swapped between reading and signing is not trusted, and no row says so', async () => {
  running = await startVigie();
  const plugin = new LoginPlugin(running.dir, running.sandbox);
  const desk = new LocalDesk(running.vigie, { login: 'alice', answerBytes: limits.responseBytes });
  const asked = { act: 'env-trust', environment: 'test', approver: 'alice' } as const;
  const { statement } = await desk.prepareStatement(asked);
  const { key } = running;
  const signed = {
    statement,
    signature: key.sign(signedText('statement', statement)),
    publicKey: key.publicKey,
  };
  plugin.write('echo another');
  await expect(desk.commitStatement({ signed, why: '' })).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: 'Look at it again: vigie env trust test',
  });
  const { audit } = await running.vigie.store();
  expect(await audit.list({ events: ['env_trusted'], limit: 1 })).toEqual([]);
});

test('the person is shown what starts a script, what it is given by path, and what no signature holds', async () => {
  running = await startVigie();
  const plugin = new LoginPlugin(running.dir, running.sandbox);
  const given = join(running.dir, 'login.py');
  writeFileSync(given, 'one');
  const kubeconfig = join(running.dir, 'kubeconfig');
  const text = readFileSync(kubeconfig, 'utf8');
  writeFileSync(kubeconfig, text.replace('"log in"', JSON.stringify(given)));
  const desk = new LocalDesk(running.vigie, { login: 'alice', answerBytes: limits.responseBytes });
  const asked = { act: 'env-trust', environment: 'test', approver: 'alice' } as const;
  const { shows } = await desk.prepareStatement(asked);
  expect(shows).toContain(`  given      ${given}`);
  expect(shows).toContain('  script     started by /bin/sh');
  expect(shows.find(line => line.startsWith('  NOT held'))).toContain(running.dir);
  expect(plugin.runs).toBe(0);
});
