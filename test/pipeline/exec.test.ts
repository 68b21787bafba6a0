import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { approvingProcess } from '../support/approving-process.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { allowEverything, askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { startUpgradeWire, type UpgradeWire } from '../support/upgrade-wire.ts';

const signal = new AbortController().signal;
const pods = '/api/v1/namespaces/shop/pods';
let running: TestVigie;

async function start(policy: string): Promise<void> {
  running = await startVigie({ policy });
  await makePod();
}

async function makePod(): Promise<void> {
  await askAsAdministrator(running.sandbox, {
    method: 'POST',
    path: pods,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tool', labels: { tier: 'db' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'shop/tool:1',
            env: [
              { name: 'PGPASS', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
              { name: 'LINE', value: '\u001b[2J\u202eevil' },
            ],
          },
        ],
      },
    },
  });
  await running.sandbox.advance(10_000);
}

afterEach(() => running.stop());

const exec = (command: string[], more: object = {}) =>
  running.call('k8s_exec', { pod: 'tool', namespace: 'shop', command, ...more });

const execsSent = () => running.sandbox.requests().filter(({ path }) => path.includes('/exec?')).length;

describe('asked for', () => {
  beforeEach(() => start(askEverything));

  test('it is high risk, shown word by word with container, image and node, and nothing runs', async () => {
    const asked = await exec(['sh', '-c', 'rm -rf /data\n# Approved by security']);
    expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'high' });
    expect(asked.data['undo']).toMatch(/nothing takes back/);
    const review = await reviewTicket(running.vigie, { id: idOf(asked), person: 'alice', signal });
    if (!('review' in review)) throw new Error(review.result.text);
    const { screen, typeToConfirm } = review.review;
    expect(typeToConfirm).toBe('tool');
    expect(screen).toContain(
      'Runs         "sh" "-c" "rm -rf /data\\n# Approved by security" in container main of image shop/tool:1 on node n',
    );
    expect(screen).toMatch(/Checked +NOT by the server: a command has no dry run/);
    expect(screen).toMatch(/Way back +what a command did in a container, nothing takes back/);
    expect(execsSent()).toBe(0);
  });

  test('hidden and foreign characters of a command are spelled out, and none is cut', async () => {
    const long = 'x'.repeat(1_900);
    const asked = await exec(['echo', 'pay\u202eload', 'a\u0430', long]);
    const review = await reviewTicket(running.vigie, { id: idOf(asked), person: 'alice', signal });
    if (!('review' in review)) throw new Error(review.result.text);
    expect(review.review.screen).toContain('pay\\u{202e}load');
    expect(review.review.screen).toContain('a\\u{430}');
    expect(review.review.screen).toContain(long);
  });

  test('approved, it runs once, and its asker reads the end of its output', async () => {
    const asked = await exec(['echo', 'hello']);
    const done = await running.approve(idOf(asked));
    expect(done.status).toBe('done');
    expect(done.text).toContain('ended with exit code 0');
    const told = await running.call('changes_get', { id: idOf(asked) });
    expect(told.text).toContain('  | hello');
    expect(told.text).toContain('stdout up to 1 kB; stderr empty.');
    expect(JSON.stringify(told)).not.toContain(createHash('sha256').update('hello\n').digest('hex'));
    expect(execsSent()).toBe(1);
  });

  test('a right guess of a secret among its words comes back as a wrong one does', async () => {
    await running.call('k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } });
    const told = async (guess: string): Promise<string> => {
      const asked = await exec(['echo', guess]);
      const record = await running.call('changes_get', { id: idOf(asked) });
      expect(asked.status).toBe('approval_required');
      return [asked.text, JSON.stringify(asked.data), record.text]
        .join('\n')
        .replaceAll(idOf(asked), 'ID')
        .replaceAll(/\b[0-9a-f]{64}\b/g, 'HASH')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replaceAll(guess, 'GUESS');
    };
    expect(await told('planted-password-1234')).toBe(await told('planted-password-1235'));
  });

  test('another pod of the same name is not the one that was approved', async () => {
    const asked = await exec(['echo', 'hello']);
    await askAsAdministrator(running.sandbox, {
      method: 'DELETE',
      path: `${pods}/tool?gracePeriodSeconds=0`,
      body: undefined,
    });
    await makePod();
    const result = await running.approve(idOf(asked));
    expect(result.status).not.toBe('done');
    expect(execsSent()).toBe(0);
  });

  test('killed while it runs, the record says that nobody knows', async () => {
    const asked = await exec(['sleep', '600'], { timeoutSeconds: 300 });
    const approving = await approvingProcess(running, idOf(asked));
    approving.go();
    await expect.poll(execsSent).toBe(1);
    approving.kill();
    await approving.ended;
    running.passTime(limits.leaseMs * 2);
    const [found] = await recover(running.vigie, signal);
    expect(found).toMatchObject({ id: idOf(asked), state: 'interrupted' });
    expect(found?.evidence.join('\n')).toContain('nobody knows whether it was done');
    expect(execsSent()).toBe(1);
  });
});

describe('done at once', () => {
  beforeEach(() => start(allowEverything));

  test('a command that fails is a failed change with its code and its last lines', async () => {
    const result = await exec(['cat', '/nope']);
    expect(result.status).toBe('failed');
    expect(result.text).toContain('; vigie k8s describe Pod/tool -n shop -e test shows how the pod fares');
    expect(result.text).toContain('ended with exit code 1');
    expect(result.text).toContain('cat: /nope: No such file or directory');
    expect(result.text).not.toContain('Done and left as it is');
  });

  test('a program that is not there is told in the words of the node', async () => {
    const result = await exec(['psql']);
    expect(result.status).toBe('failed');
    expect(result.text).toContain('exec: "psql": executable file not found in $PATH');
    expect(result.text).not.toContain('Done and left as it is');
  });

  test('a command that never ends is left when its time is over', async () => {
    const result = await exec(['sleep', 'infinity'], { timeoutSeconds: 1 });
    expect(result.status).toBe('failed');
    expect(result.text).toContain('did not end within 1 s');
  });

  test('the value of a Secret and what moves a screen are masked in result, record and audit', async () => {
    const result = await exec(['env'], { reason: 'planted-password-1234' });
    expect(result.status).toBe('done');
    expect(result.text).toMatch(/PGPASS=\[redacted #\d+\]/);
    expect(result.text).toContain('LINE=');
    expect(result.text).toContain('evil');
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(result.text).not.toMatch(/[\u001b\u202e]/);
    const record = await running.call('changes_get', { id: result.data['id'] });
    const { audit } = await running.vigie.store();
    const rows = JSON.stringify(await audit.list({ limit: 50 }));
    for (const text of [result.text, record.text, rows])
      expect(text.replaceAll('"planted-password-1234"', '')).not.toContain('PGPASS=planted');
  });

  test('only the end of much output is kept, by whole lines', async () => {
    const files = Object.fromEntries([['big', `first line\n${'line\n'.repeat(40_000)}last line\n`]]);
    await askAsAdministrator(running.sandbox, {
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/configmaps/settings',
      body: { data: files },
    });
    await askAsAdministrator(running.sandbox, {
      method: 'POST',
      path: pods,
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'reader' },
        spec: {
          containers: [{ name: 'c', image: 'shop/tool:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
          volumes: [{ name: 'v', configMap: { name: 'settings' } }],
        },
      },
    });
    await running.sandbox.advance(10_000);
    const result = await running.call('k8s_exec', {
      pod: 'reader',
      namespace: 'shop',
      command: ['cat', '/v/big'],
    });
    expect(result.status).toBe('done');
    expect(result.text).toContain('last line');
    expect(result.text).not.toContain('first line');
    expect(result.text).toContain('stdout up to 256 kB');
    expect(result.text.length).toBeLessThan(2 * limits.evidenceChars);
  });

  test('of a workload a ready pod is taken, and named', async () => {
    const result = await running.call('k8s_exec', {
      pod: 'deploy/web',
      namespace: 'shop',
      command: ['hostname'],
    });
    expect(result.status).toBe('done');
    expect(result.text).toMatch(/Pod\/web-[a-z0-9]+-[a-z0-9]+ in shop/);
  });

  test('a pod outside of the environment, and one that waits for its image, are refused', async () => {
    const outside = await running.call('k8s_exec', {
      pod: 'tool',
      namespace: 'kube-system',
      command: ['env'],
    });
    expect(outside.data).toMatchObject({ code: 'OUT_OF_BOUNDS' });
    await askAsAdministrator(running.sandbox, {
      method: 'POST',
      path: pods,
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'gone' },
        spec: { containers: [{ name: 'c', image: 'shop/gone:1' }] },
      },
    });
    await running.sandbox.advance(10_000);
    const waiting = await running.call('k8s_exec', { pod: 'gone', namespace: 'shop', command: ['env'] });
    expect(waiting.data).toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('ImagePull'),
    });
    expect(execsSent()).toBe(0);
  });
});

test('protected labels deny a command in the pod that carries them', async () => {
  await start('{low: allow, medium: allow, high: allow, protect: [{labels: tier=db}]}');
  const result = await exec(['env']);
  expect(result.data).toMatchObject({ status: 'denied', rule: 'policy.protect[0]' });
  expect(execsSent()).toBe(0);
});

describe('a call that is stopped', () => {
  let wire: UpgradeWire | undefined;
  afterEach(() => wire?.close());

  /** What is recorded of a command whose call was stopped right after the cluster had begun with it. */
  async function stopped(hold: 'answer' | 'nothing'): Promise<string> {
    running = await startVigie({
      policy: allowEverything,
      kubeconfig: async sandbox => {
        wire = await startUpgradeWire(sandbox.url, { hold });
        return sandbox.kubeconfig().replaceAll(sandbox.url, wire.url);
      },
    });
    await makePod();
    const stop = new AbortController();
    const calling = running.call(
      'k8s_exec',
      { pod: 'tool', namespace: 'shop', command: ['sleep', '600'], timeoutSeconds: 300 },
      { signal: stop.signal },
    );
    await expect.poll(() => wire?.upgrades()).toBe(1);
    // Whoever waits for that answer in this process has read it before this one.
    await running.call('k8s_list', { kind: 'Pod', namespace: 'shop' });
    stop.abort();
    const result = await calling;
    expect(result.status).toBe('failed');
    return (await running.call('changes_get', { id: result.data['id'] })).text;
  }

  test('leaves its command, and says that it may go on', async () => {
    expect(await stopped('nothing')).toContain('the process itself may go on');
  });

  test('before the cluster said that the command began leaves it open whether it did', async () => {
    expect(await stopped('answer')).toContain('It is not known whether Pod/tool in shop was changed');
    expect(execsSent()).toBe(1);
  });
});
