import { expect, test } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { TestDaemon } from '../support/start-daemon.ts';

test('a twin is not made through a daemon, and says who can make it', async () => {
  const daemon = await TestDaemon.start();
  try {
    const env = { VIGIE_DAEMON: daemon.run };
    const { status, stderr } = await runHere(['sandbox', 'load', '--from', 'test'], env);
    expect(status).toBe(2);
    expect(stderr).toContain('not made through a daemon');
    expect(stderr).toContain('--config FILE');
    expect(daemon.at.sandbox.requests()).toEqual([]);
  } finally {
    await daemon.stop();
  }
});
