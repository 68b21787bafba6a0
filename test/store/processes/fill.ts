// Proposes changes until the disk is full, then tries once more, and says with which codes it was refused: file.
import { openStore } from '../../../src/store/store.ts';
import { samplePlan } from '../sample-plan.ts';
import { sampleKeys } from '../sample-store.ts';

const [file = ''] = process.argv.slice(2);
const store = await openStore({ file, keys: sampleKeys, now: () => new Date() });
let written = 0;

async function propose(): Promise<string> {
  const plan = samplePlan({ secret: 'x'.repeat(20_000) });
  try {
    await store.changes.propose({
      plan,
      record: { summary: 's', diff: 'd', undo: 'possible' },
      state: 'waiting',
      audit: { event: 'ticketed', changeId: plan.id, facts: {} },
    });
    written++;
    return '';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  }
}

let code = '';
while (code === '' && written < 500) code = await propose();
const codeAfter = await propose();
process.stdout.write(`${code} ${codeAfter} ${written}\n`);
process.exit(0);
