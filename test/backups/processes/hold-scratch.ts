// A process of its own that holds a scratch folder until somebody kills it.
import { openScratchFolder } from '../../../src/backups/scratch-folder.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';

const [base] = process.argv.slice(2);
const { signal } = new AbortController();
const folder = await openScratchFolder(localRunner, base === undefined ? { signal } : { base, signal });
process.stdout.write(`${folder.path}\n`);
await new Promise(() => setInterval(() => undefined, 60_000));
