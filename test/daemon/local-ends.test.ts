import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../support/command-line.ts';
import { TestDaemon } from '../support/start-daemon.ts';

// A daemon is another process and, as a rule, another account: no file and no port of the caller's is there.

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

function vigie(...words: string[]): Promise<{ status: unknown; stderr: string }> {
  const { PATH } = process.env;
  const env = { PATH, HOME: '/nonexistent', VIGIE_DAEMON: daemon.run };
  return new Promise(done => {
    execFile(process.execPath, [main, ...words], { env, cwd: '/' }, (error, _stdout, stderr) =>
      done({ status: error?.code ?? 0, stderr }),
    );
  });
}

test.each([
  ['cp', ['k8s', 'cp', '/etc/hostname', 'web-1:/tmp/x', '-n', 'shop']],
  ['port-forward', ['k8s', 'port-forward', 'deploy/web', '8080', '-n', 'shop']],
])('%s through a daemon is refused in a sentence', async (verb, words) => {
  expect(await vigie(...words)).toEqual({
    status: 1,
    stderr: expect.stringContaining(
      `vigie k8s ${verb} uses files and ports of this process, and changes here are made by the daemon`,
    ),
  });
});

test('a daemon itself knows neither, whoever asks at its sockets', async () => {
  for (const kind of ['agent', 'approver'] as const) {
    const desk = await daemon.desk(kind);
    const { signal } = new AbortController();
    for (const tool of ['k8s_cp', 'k8s_port_forward']) {
      const result = await desk.callTool({ tool, input: {} }, { signal });
      expect(result.data).toMatchObject({ code: 'UNKNOWN_TOOL' });
    }
  }
});
