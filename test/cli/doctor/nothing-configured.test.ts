import { rmSync, writeFileSync } from 'node:fs';
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
});

test('doctor warns of environments whose worlds one sandbox cannot all be', async () => {
  const home = await CliHome.make();
  const said = async (worlds: readonly string[]) => {
    const lines = worlds.map((world, index) => `  e${index}: {sandbox: {world: ${world}}}\n`);
    writeFileSync(join(home.dir, 'vigie.yaml'), `environments:\n${lines.join('')}`);
    return (await home.run('doctor', '-o', 'json')).stdout;
  };
  try {
    expect(await said(['shop', 'shop'])).not.toContain('different worlds');
    const { checks } = JSON.parse(await said(['shop', 'faults'])) as { checks: { what: string }[] };
    expect(checks.find(({ what }) => what.includes('different worlds'))).toMatchObject({
      state: 'note',
      what: 'one sandbox at a time runs beside a home, and these environments are of different worlds: e0 (shop), e1 (faults)',
    });
  } finally {
    await home.remove();
  }
});
