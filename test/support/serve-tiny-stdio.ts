// A process that serves the tiny Vigie on its standard streams, as `vigie serve --stdio` does the whole one.
// When it has ended in order it leaves a file that says how many calls it stopped.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveStdio } from '../../src/server/stdio.ts';
import { tinyVigie } from './tiny-vigie.ts';

const home = process.argv[2] ?? '.';
const vigie = tinyVigie({ home });
// What keeps a process alive on purpose: it must end although this never does.
setInterval(() => {}, 1_000_000);
await serveStdio({ version: vigie.version, open: async () => vigie });
await vigie.close();
writeFileSync(join(home, 'ended'), String(vigie.stopped()));
process.exit(0);
