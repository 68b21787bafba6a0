import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pngOf } from '../../../src/cli/chart/png.ts';
import { chartSvg } from '../../../src/metrics/chart-svg.ts';

const chart = (name: string) =>
  chartSvg({
    title: 'x',
    fromText: 'a',
    toText: 'b',
    lines: [{ name, course: [1, 2, null, 3] }],
    amount: String,
  });

test('without a font no PNG is made, and the package to install is named', async () => {
  await expect(pngOf(chart('a'), ['/nowhere', '/proc/self/fd'])).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: expect.stringContaining('fonts-dejavu-core'),
  });
});

const fonts = '/usr/share/fonts/truetype';
test.skipIf(!existsSync(fonts))(
  `the texts of a PNG are drawn${existsSync(fonts) ? '' : ' (SKIPPED: no fonts)'}`,
  async () => {
    // Another name of as many letters makes another picture only where letters are drawn.
    const [one, other] = [await pngOf(chart('aaaa')), await pngOf(chart('bbbb'))];
    expect(one.equals(other)).toBe(false);
  },
);
