import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { chooseContainer } from '../../../src/clients/kube/choose-container.ts';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import { PodRunner } from '../../../src/clients/kube/pod-runner.ts';
import type { Command } from '../../../src/processes/runner.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { loadWorld } from '../../../src/sandbox/world.ts';
import { type FakeKubelet, startFakeKubelet } from '../../support/fake-kubelet.ts';
import { fc } from '../../support/properties.ts';

const usual = { signal: new AbortController().signal, deadlineMs: 60_000 };
/** What the buffers of two sockets and of the program may hold on their way; a dump is a thousand times that. */
const onTheWayBytes = 24 * 1024 * 1024;

let kubelet: FakeKubelet;
let connection: KubeConnection;
afterEach(async () => {
  connection.close();
  await kubelet.close();
});

async function runnerOn(
  setup: Parameters<typeof startFakeKubelet>[0] = {},
  more: { readOnly?: boolean; namespaces?: string[] } = {},
): Promise<PodRunner> {
  kubelet = await startFakeKubelet(setup);
  connection = new KubeConnection({
    target: { via: 'direct', url: kubelet.url, token: 'token' },
    bounds: { namespaces: more.namespaces ?? ['shop'], clusterScoped: false },
    readOnly: more.readOnly ?? false,
    userAgent: 'vigie/test',
  });
  const executor = await connection.session(new AbortController().signal).executor();
  return new PodRunner(executor, { pod: { name: 'db-0', namespace: 'shop' }, container: 'db' });
}

type Words = Pick<Command, 'argv'> & Partial<Command>;

async function run(runner: PodRunner, command: Words) {
  const running = await runner.start({ ...usual, ...command });
  const chunks: Uint8Array[] = [];
  for await (const chunk of running.stdout) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString('utf8'), ...(await running.ended) };
}

async function* bytes(...texts: (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('a program in a pod', () => {
  test('reads its input to the end and prints, with its own exit code and the end of its complaints', async () => {
    const runner = await runnerOn();
    expect(runner.where).toBe('Pod/db-0 in shop, container db');
    expect(await run(runner, { argv: ['cat'], stdin: bytes('one\n', '.\n+A=b\ntwo') })).toEqual({
      text: 'one\n.\n+A=b\ntwo',
      code: 0,
      stderr: '',
    });
    const failed = await run(runner, {
      argv: ['sh', '-c', 'head -c 40000 /dev/zero >&2; echo broke >&2; exit 3'],
    });
    expect(failed).toMatchObject({ code: 3, text: '' });
    expect(failed.stderr.endsWith('broke\n')).toBe(true);
    expect(failed.stderr.length).toBe(8 * 1024);
  });

  test('without input finds its input empty, and begins in its folder', async () => {
    const runner = await runnerOn();
    expect(await run(runner, { argv: ['sh', '-c', 'cat; pwd'], folder: '/usr/lib' })).toMatchObject({
      text: '/usr/lib\n',
      code: 0,
    });
  });

  test('gets exactly its words, whatever a shell would make of them', async () => {
    const runner = await runnerOn();
    const words = ['$(id)', '`id`', "a'b", '"', '* ?', '', '-n', 'a\nb', '\\', '%s', ';exit 9'];
    const { text } = await run(runner, {
      argv: ['sh', '-c', 'for w; do printf "<%s>" "$w"; done', 'sh', ...words],
    });
    expect(text).toBe(words.map(word => `<${word}>`).join(''));
  });

  test('has its secrets in its environment, and nobody finds them in what the API server records', async () => {
    const runner = await runnerOn();
    const secrets = { PGPASSWORD: 'hunter2hunter2' };
    const { text } = await run(runner, { argv: ['env'], secrets, env: { PGUSER: 'vigie' } });
    const lines = text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['PGPASSWORD=hunter2hunter2', 'PGUSER=vigie', 'IN_POD=yes']),
    );
    expect(lines.filter(line => line.includes('_vigie'))).toEqual([]);
    const [url] = kubelet.execs;
    expect(url?.searchParams.getAll('command').at(-1)).toBe('env');
    expect(decodeURIComponent(url?.href ?? '')).not.toContain('hunter2');
  });

  test('that is not installed, has no folder or no shell is said to be, and nothing ran', async () => {
    const runner = await runnerOn();
    await expect(run(runner, { argv: ['vigie-has-no-such-program'] })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('it is not installed there'),
    });
    await expect(run(runner, { argv: ['env'], folder: '/no/such/folder' })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('/no/such/folder cannot be entered'),
    });
    await kubelet.close();
    const bare = await runnerOn({ shell: ['/no/such/shell'] });
    await expect(run(bare, { argv: ['env'], stdin: bytes('x') })).rejects.toMatchObject({
      code: 'NOT_STARTED',
    });
  });

  test('on the sandbox, which simulates no shell, is not begun, and why is told', async () => {
    await runnerOn();
    const sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
    const simulated = new KubeConnection({
      target: { via: 'direct', url: sandbox.url, token: sandbox.token },
      bounds: { namespaces: ['shop'], clusterScoped: false },
      readOnly: false,
      userAgent: 'vigie/test',
    });
    try {
      const session = simulated.session(new AbortController().signal);
      const target = { workload: { kind: 'Deployment', name: 'web' } } as const;
      const place = await chooseContainer(session.reader, { in: 'pod', namespace: 'shop', target });
      const runner = new PodRunner(await session.executor(), place);
      await expect(run(runner, { argv: ['pg_dump'], stdin: bytes('x') })).rejects.toMatchObject({
        code: 'NOT_STARTED',
        message: expect.stringContaining('the sandbox simulates no shell'),
      });
    } finally {
      simulated.close();
      await sandbox.close();
    }
  });

  test('outside of the environment, or from a Vigie that only reads, is not begun', async () => {
    const runner = await runnerOn({}, { namespaces: ['other'] });
    await expect(run(runner, { argv: ['env'] })).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
    expect(kubelet.execs).toEqual([]);
    await kubelet.close();
    await expect(runnerOn({}, { readOnly: true })).rejects.toMatchObject({ code: 'READ_ONLY' });
  });
});

const shells = ['dash', 'bash --posix', 'bash', 'busybox sh', 'mksh', 'ksh'];
const isThere = (shell: string) =>
  ['/bin', '/usr/bin', '/usr/local/bin'].some(folder => existsSync(`${folder}/${shell.split(' ')[0]}`));

describe.each(
  shells.map(shell => ({ shell, skipped: isThere(shell) ? '' : ' (SKIPPED: it is not installed)' })),
)('the shell $shell$skipped', ({ shell, skipped }) => {
  test.skipIf(skipped !== '')('hands every value on unchanged', { timeout: 60_000 }, async () => {
    const runner = await runnerOn({ shell: shell.split(' ') });
    const hard = fc.constantFrom(
      '\n',
      '\\',
      "'",
      '"',
      '%',
      '$',
      '`',
      ' ',
      '\t',
      '\r',
      '*',
      '+',
      '-',
      '.',
      '\u0081',
      'é',
      '🦊',
    );
    const value = fc.array(fc.oneof(hard, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(value, value, async (first, second) => {
        // As they are written: what is half a character has no bytes of its own.
        const [one, two] = [first, second].map(parts =>
          Buffer.from(parts.join('').replaceAll('\0', '').replaceAll('\u0001', '')).toString('utf8'),
        );
        const { text } = await run(runner, {
          argv: ['cat', '/proc/self/environ'],
          secrets: { ONE: one ?? '', TWO: two ?? '' },
        });
        expect(text.split('\0')).toEqual(expect.arrayContaining([`ONE=${one}`, `TWO=${two}`]));
      }),
      {
        numRuns: 20,
        examples: [
          [['%s\\n\n\n', '$(id)\'"`', '\\\n'], ['\n']],
          [['  '], ['\u0082']],
        ],
      },
    );
  });
});

test('a value with a byte that no variable holds is refused without being told', async () => {
  const runner = await runnerOn();
  const error = await run(runner, { argv: ['env'], secrets: { KEY: 'abc\0hidden' } }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'NOT_STARTED', message: expect.stringContaining('KEY') });
  expect(String(error)).not.toContain('hidden');
  expect(kubelet.execs).toEqual([]);
});

describe('the line to a pod', () => {
  test('carries megabytes both ways, byte for byte', async () => {
    const runner = await runnerOn();
    const sent = Array.from({ length: 24 }, () => randomBytes(700_001));
    const running = await runner.start({ ...usual, argv: ['cat'], stdin: bytes(...sent) });
    const hash = createHash('sha256');
    for await (const chunk of running.stdout) hash.update(chunk);
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.concat(sent)).digest('hex'));
  });

  test('takes no more from a program than is read of it', async () => {
    const runner = await runnerOn();
    const running = await runner.start({ ...usual, argv: ['head', '-c', '200000000', '/dev/zero'] });
    let before = -1;
    while (kubelet.sentBytes() > before) {
      before = kubelet.sentBytes();
      await pause(300);
    }
    expect(before).toBeLessThan(onTheWayBytes);
    let total = 0;
    for await (const chunk of running.stdout) total += chunk.length;
    expect(total).toBe(200_000_000);
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('asks for no more input than a program reads', async () => {
    const runner = await runnerOn();
    let asked = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) {
        asked += 1_000_000;
        yield Buffer.alloc(1_000_000);
      }
    }
    const stop = new AbortController();
    const running = await runner.start({
      ...usual,
      argv: ['sleep', '5'],
      stdin: endless(),
      signal: stop.signal,
    });
    let before = -1;
    while (asked > before) {
      before = asked;
      await pause(300);
    }
    expect(asked).toBeLessThan(onTheWayBytes);
    stop.abort();
    running.discard();
    expect(await running.ended).toMatchObject({ code: null, cut: 'stopped', mayGoOn: true });
  });

  test.each(['deadline', 'stopped', 'input'] as const)(
    'that is cut by %s says so, and that the program may go on',
    async cut => {
      const runner = await runnerOn();
      const stop = new AbortController();
      async function* broken(): AsyncIterable<Uint8Array> {
        yield Buffer.from('x');
        throw new Error('the source broke');
      }
      const running = await runner.start({
        argv: ['sh', '-c', 'cat >/dev/null; exec sleep 30'],
        signal: stop.signal,
        deadlineMs: cut === 'deadline' ? 1_500 : 60_000,
        ...(cut === 'input' ? { stdin: broken() } : {}),
      });
      if (cut === 'stopped') stop.abort();
      const printed: Uint8Array[] = [];
      for await (const chunk of running.stdout) printed.push(chunk);
      expect(await running.ended).toEqual({ code: null, cut, mayGoOn: true, stderr: '' });
    },
  );

  test('that breaks off says that nobody knows how it ended, after stdout did', async () => {
    const runner = await runnerOn();
    const running = await runner.start({ ...usual, argv: ['sh', '-c', 'echo half; exec sleep 30'] });
    let text = '';
    for await (const chunk of running.stdout) {
      text += Buffer.from(chunk).toString('utf8');
      kubelet.breakLines();
    }
    expect(text).toBe('half\n');
    await expect(running.ended).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      details: { outcomeUnknown: true },
    });
  });

  test('whose output nobody takes is told its end when it is let go', async () => {
    const runner = await runnerOn();
    const running = await runner.start({ ...usual, argv: ['head', '-c', '50000000', '/dev/zero'] });
    running.discard();
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test('of an older server runs what reads nothing, and refuses input before anything runs', async () => {
    const runner = await runnerOn({ protocol: 'v4.channel.k8s.io' });
    expect(await run(runner, { argv: ['cat'], secrets: { KEY: 'v' } })).toMatchObject({ text: '', code: 0 });
    await expect(run(runner, { argv: ['cat'], stdin: bytes('x') })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('before 1.30'),
    });
  });
});
