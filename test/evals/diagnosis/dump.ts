import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumpWorlds, filesOf } from './dump-worlds.ts';
import { recordedWorlds } from './recorded-worlds.ts';

// `node test/evals/diagnosis/dump.ts NAME DIR` writes a world as files for `vigie k8s diagnose --from DIR`; without a
// name it lists them all.

const [name, dir] = process.argv.slice(2);
const worlds = [...dumpWorlds(), ...recordedWorlds()];
const found = worlds.find(({ world }) => world === name);
if (name === undefined || dir === undefined) {
  for (const { world, row, way } of worlds) process.stdout.write(`${world} (${row}, ${way})\n`);
} else if (found === undefined) {
  process.stderr.write(
    `There is no world ${name}; without arguments all are listed. Those of the sandbox are no files.\n`,
  );
  process.exitCode = 2;
} else {
  mkdirSync(dir, { recursive: true });
  for (const { path, bytes } of filesOf(found.data())) writeFileSync(join(dir, path), bytes);
  process.stdout.write(`${JSON.stringify(found.labels, null, 2)}\n`);
}
