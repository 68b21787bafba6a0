import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildVigie } from '../../../src/app.ts';
import { badAnswerStatus } from '../../../src/cli/exit-status.ts';
import type { Check } from '../../../src/desk/checks/check.ts';
import type { AgentDesk } from '../../../src/desk/desk.ts';
import { runHere } from '../../support/command-line.ts';
import { makeRunFolder, TestDaemon } from '../../support/start-daemon.ts';
import { startVigie } from '../../support/start-vigie.ts';

const doing = { signal: new AbortController().signal };

describe('the own checks of a daemon', () => {
  let daemon: TestDaemon;
  let desk: AgentDesk;
  let kept: { config: string; kubeconfig: string };
  const kubeconfigFile = () => join(daemon.at.dir, 'kubeconfig');

  beforeAll(async () => {
    daemon = await TestDaemon.start();
    desk = await daemon.desk('agent');
    kept = {
      config: readFileSync(daemon.at.configFile, 'utf8'),
      kubeconfig: readFileSync(kubeconfigFile(), 'utf8'),
    };
  });
  afterEach(() => {
    writeFileSync(daemon.at.configFile, kept.config, { mode: 0o600 });
    chmodSync(daemon.at.configFile, 0o600);
    writeFileSync(kubeconfigFile(), kept.kubeconfig, { mode: 0o600 });
  });
  afterAll(() => daemon.stop());

  const wrong = (checks: readonly Check[]) => checks.filter(({ state }) => state === 'wrong');
  const doctor = () => runHere(['doctor'], { VIGIE_DAEMON: daemon.run });

  test('say that it goes by its file, how old its look at the accounts is, and what it may do in each environment', async () => {
    const checks = await desk.checks(doing);
    expect(wrong(checks)).toEqual([]);
    const lines = checks.map(({ area, what }) => `${area}: ${what}`);
    expect(lines).toContain(`daemon: it goes by ${daemon.at.configFile} as that is now`);
    expect(lines).toContainEqual(
      expect.stringMatching(/^daemon: accounts and files were last looked at \d+ s ago;/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^test: http:.* answers \(v1/));
    expect(lines).toContain('test: k8s_scale in shop');
  });

  test.each<[string, () => void, RegExp]>([
    [
      'with a misspelt key',
      () => writeFileSync(daemon.at.configFile, `${kept.config}polices: {}\n`, { mode: 0o600 }),
      /makes no change, and reads by older rules: INVALID_CONFIG: .*polices/s,
    ],
    [
      'that everybody may write',
      () => chmodSync(daemon.at.configFile, 0o666),
      /makes no change, and reads by older rules: INVALID_CONFIG/,
    ],
  ])('a vigie.yaml %s is wrong, and so is the answer of vigie doctor', async (_how, spoil, what) => {
    spoil();
    expect(wrong(await desk.checks(doing))).toEqual([
      { area: 'daemon', state: 'wrong', what: expect.stringMatching(what), todo: expect.any(String) },
    ]);
    const { status, stdout } = await doctor();
    expect(status).toBe(badAnswerStatus);
    expect(stdout).toContain('makes no change, and reads by older rules');
    expect(stdout).not.toContain('Nothing is wrong');
  });

  test('a kubeconfig that the daemon has not is wrong for its environment, and so is the answer of vigie doctor', async () => {
    rmSync(kubeconfigFile());
    // One that is connected goes on until it looks again.
    await daemon.close();
    await daemon.open();
    desk = await daemon.desk('agent');
    expect(wrong(await desk.checks(doing))).toEqual([
      { area: 'test', state: 'wrong', what: expect.stringContaining('KUBECONFIG'), todo: expect.any(String) },
    ]);
    const { status, stdout } = await doctor();
    expect(status).toBe(badAnswerStatus);
    expect(stdout).toContain('KUBECONFIG');
  });

  test('a daemon that does not answer is not replaced by the files of this account', async () => {
    await daemon.close();
    const { status, stdout } = await doctor();
    expect(status).toBe(badAnswerStatus);
    expect(stdout).toContain('DAEMON: There is no socket');
    expect(stdout).not.toContain('no approver');
    expect(stdout).not.toContain('records');
    await daemon.open();
    desk = await daemon.desk('agent');
  });
});

test('a vigie.yaml that cannot be read hides no hole that was made since', async () => {
  const at = await startVigie();
  const run = makeRunFolder(at.dir);
  const sockets = { agent: join(run, 'agent'), approve: join(run, 'approve'), strays: new Set<string>() };
  let aheadMs = 0;
  const vigie = await buildVigie(
    { door: 'daemon', configFile: at.configFile, sockets },
    { version: '0.0.0', env: at.env, self: [], now: () => new Date(Date.now() + aheadMs) },
  );
  const askers = async () => (await vigie.inForce('read')).worth.askers;
  expect(await askers()).toEqual([]);
  writeFileSync(at.configFile, 'nothing: here\n', { mode: 0o600 });
  for (const folder of [at.dir, run, sockets.agent]) chmodSync(folder, 0o755);
  aheadMs = 61_000;
  expect((await askers()).length).toBeGreaterThan(0);
  await expect(vigie.inForce('change')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  await vigie.close();
  await at.stop();
});
