import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measurements } from './index.ts';
import { buildProduct } from './support/build-product.ts';
import { installPeers, type Peers } from './support/install-peers.ts';
import type { Bench } from './support/measurement.ts';
import { markdownOf, withTable } from './support/readme.ts';

// node bench/run.ts [NAME…]: measures, prints, and keeps what was measured in bench/README.md.

const readme = new URL('./README.md', import.meta.url);
const names = process.argv.slice(2);
const unknown = names.filter(name => !measurements.some(each => each.name === name));
const chosen = measurements.filter(each => names.length === 0 || names.includes(each.name));

if (unknown.length > 0) {
  console.error(
    `There is no measurement ${unknown.join(', ')}: ${measurements.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
  let peers: Peers | undefined;
  const say = (line: string) => console.error(line);
  try {
    const main = buildProduct(join(dir, 'product'));
    const bench: Bench = { main, dir, say, peers: async () => (peers ??= installPeers(say)) };
    for (const measurement of chosen) {
      say(`Measuring ${measurement.name} …`);
      const text = markdownOf(measurement, await measurement.measure(bench));
      console.log(`\n${text}`);
      writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), { name: measurement.name, text }));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
