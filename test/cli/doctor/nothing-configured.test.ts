import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CliHome } from '../../support/command-line.ts';

test('doctor with nothing configured says what is missing, and what to type', async () => {
  const home = await CliHome.make();
  try {
    rmSync(join(home.dir, 'vigie.yaml'));
    delete home.env['VIGIE_CONFIG'];
    const { stdout, status } = await home.run('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/nothing is set up.*no environment.*vigie init/);
  } finally {
    await home.remove();
  }
}, 30_000);
