import { writeFileSync } from 'node:fs';
import { everyVerdict } from './every-world.ts';
import { resultsOf } from './results.ts';
import { complaints } from './score.ts';

// `npm run eval:diagnosis [-- --misses]`: plants, diagnoses, heals, and writes results.md.

const verdicts = await everyVerdict();
const results = resultsOf(verdicts);
writeFileSync(new URL('./results.md', import.meta.url), results);
process.stdout.write(`${results}\n`);
if (process.argv.includes('--misses'))
  for (const line of verdicts.flatMap(complaints)) process.stdout.write(`${line}\n`);
