import { expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';

test('the simulated shop answers queries of metrics and of logs without being configured', async () => {
  const home = await CliHome.make({ world: 'shop' });
  try {
    const up = await home.run('metrics', 'query', 'up');
    expect(up.stdout).toMatch(/^3 series/);
    const logs = await home.run('logs', 'query', '-n', 'shop', '--target', 'deploy/api', '--from', '10m');
    expect(logs.stdout).toMatch(/^logs of Deployment\/api in shop \(\d pods\) over 10m/);
  } finally {
    await home.remove();
  }
});
